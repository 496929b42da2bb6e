"""Forms of deliveries and consents."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any, Final

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from tallystick.records.models import Delivery, Member
from tallystick.services.deliveries import MAX_NOTE
from tallystick.web.delivery_words import PAPERS, REASONS
from tallystick.web.wording import called

DUE: Final = timedelta(days=14)
CONSENT: Final = timedelta(days=90)
ALL, CHOSEN, BOOKS = "all", "chosen", "books"

#: As browsers send and expect it, whatever the language of the page.
_ISO: Final = "%Y-%m-%d"


class DeliveryForm(forms.Form):
    """For whom a delivery is, until when the answer is due, and the operator's password."""

    use_required_attribute = False  # files are added to the same form before it is filled in

    buyer = forms.CharField(
        label=_("Buyer's account address"),
        help_text=_("Choose an enterprise from the list, or type its address; its name is shown below."),
        max_length=90,
    )
    due_on = forms.DateField(
        label=_("Answer due on"),
        help_text=_("A later answer still counts."),
        input_formats=[_ISO],
        widget=forms.DateInput(format=_ISO, attrs={"type": "date"}),
    )
    password = forms.CharField(
        label=_("Your password"),
        help_text=_("You answer for this delivery with your account, so we ask once more who you are."),
        strip=False,
        max_length=4096,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )

    def __init__(
        self, data: Mapping[str, Any] | None = None, initial: Mapping[str, Any] | None = None
    ) -> None:
        super().__init__(data, initial=dict(initial or {}))
        self.fields["buyer"].widget.attrs |= {
            "list": "enterprises",
            "autocomplete": "off",
            "autocapitalize": "off",
            "spellcheck": "false",
        }


class PaperKindForm(forms.Form):
    """What the documents are that are added."""

    paper_kind = forms.ChoiceField(
        label=_("Kind of document"),
        choices=lambda: [*((kind.value, word) for kind, word in PAPERS.items()), ("", _("Another document"))],
        required=False,
    )


class FilmForm(forms.Form):
    """A film that lies elsewhere."""

    use_required_attribute = False

    location = forms.CharField(
        label=_("Address of the film"), max_length=500, widget=forms.TextInput(attrs={"inputmode": "url"})
    )
    sha256 = forms.RegexField(
        r"\A[0-9a-f]{64}\Z",
        label=_("SHA-256"),
        error_messages={"invalid": _("A SHA-256 has 64 digits from 0 to 9 and a to f.")},
    )
    size_bytes = forms.IntegerField(label=_("Size in bytes"), min_value=1, max_value=2**53 - 1)


class RefusalForm(forms.Form):
    """Why a buyer refuses."""

    reason = forms.ChoiceField(
        label=_("Reason"), choices=lambda: list(REASONS.items()), widget=forms.RadioSelect
    )
    note = forms.CharField(
        label=_("Note to the supplier"),
        help_text=_("Only the supplier reads it; the ledger keeps the reason and a digest of the note."),
        required=False,
        max_length=MAX_NOTE,
        widget=forms.Textarea(attrs={"rows": 3}),
    )


class ConsentForm(forms.Form):
    """Which lender may read which deliveries, until when."""

    recipient = forms.ChoiceField(label=_("Lender"))
    covers = forms.ChoiceField(
        label=_("What it may read"),
        choices=[
            (ALL, _("All deliveries, also those to come")),
            (CHOSEN, _("Only these:")),
            (
                BOOKS,
                _("No deliveries, but tax and invoice books: it may have them sent from where they are kept"),
            ),
        ],
        widget=forms.RadioSelect,
    )
    deliveries = forms.MultipleChoiceField(
        label=_("Deliveries"), required=False, widget=forms.CheckboxSelectMultiple
    )
    until = forms.DateField(
        label=_("Until the end of"),
        help_text=_("You can take it back before; no read begins after that."),
        input_formats=[_ISO],
        widget=forms.DateInput(format=_ISO, attrs={"type": "date"}),
    )

    def __init__(
        self,
        lenders: Sequence[Member],
        own: Sequence[Delivery],
        data: Mapping[str, Any] | None = None,
        initial: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(data, initial=dict(initial or {}))
        _offer(self.fields["recipient"], [(each.address, called(each)) for each in lenders])
        _offer(
            self.fields["deliveries"],
            [(each.reference, f"{each.reference} · {called(each.buyer)}") for each in own],
        )

    def clean_deliveries(self) -> list[str]:
        """Return the chosen references; one at least where only chosen ones are meant."""
        chosen: list[str] = self.cleaned_data["deliveries"]
        if self.cleaned_data.get("covers") == CHOSEN and not chosen:
            raise forms.ValidationError(_("Choose at least one delivery."), "none_chosen")
        return chosen


def end_of(day: date) -> datetime:
    """Return the last second of a day in the site's time zone."""
    return timezone.make_aware(datetime.combine(day, time(23, 59, 59)))


def _offer(field: forms.Field, choices: list[tuple[str, str]]) -> None:
    if isinstance(field, forms.ChoiceField):
        field.choices = choices
