"""Forms: the information page of a programme, made from its items; books, reasons, choices."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final

from django import forms
from django.utils.translation import gettext_lazy as _

from tallystick.analytics.mappings import INVOICES, TAX, mapping_names
from tallystick.lending.items import MAX_TEXT, Problem
from tallystick.lending.programme import Programme
from tallystick.lending.programme_document import Item, ItemKind
from tallystick.services.casework import MAX_REASON
from tallystick.services.tax_books import TABLE_OF_ITEM
from tallystick.web.mappings import mapping_label
from tallystick.web.sentences import said
from tallystick.web.wording import words

#: More choices than this are offered as a list that opens.
RADIOS_AT_MOST: Final = 4
#: As wide as the column in which an enterprise's name is kept.
MAX_ENTERPRISE: Final = 60

_AS_PRINTED: Final = {"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}


def _text(**attributes: str) -> Callable[[Item], forms.Widget]:
    def make(item: Item) -> forms.Widget:
        return forms.TextInput(attrs={"maxlength": str(MAX_TEXT), **attributes})

    return make


def _choice(item: Item) -> forms.Widget:
    choices = [(choice.value, words(choice.label)) for choice in item.choices]
    if len(choices) <= RADIOS_AT_MOST:
        return forms.RadioSelect(choices=choices)
    return forms.Select(choices=[("", "—"), *choices])


#: Kind of item -> what it is typed into; books are handed in beside the form.
WIDGETS: Final[Mapping[ItemKind, Callable[[Item], forms.Widget]]] = MappingProxyType(
    {
        "text": _text(),
        "money": _text(inputmode="decimal", autocomplete="off"),
        "whole": _text(inputmode="numeric", autocomplete="off"),
        "credit_code": _text(**_AS_PRINTED),
        "identity_number": _text(**_AS_PRINTED),
        "bank_card": _text(inputmode="numeric", autocomplete="off"),
        "date": lambda _item: forms.DateInput(attrs={"type": "date"}),
        "choice": _choice,
    }
)


class AsTyped(forms.Field):
    """A field whose text is kept as it was typed; ``read_items`` reads it."""

    def clean(self, value: Any) -> Any:  # noqa: ANN401 - as Django declares it
        """Return ``value`` as it came."""
        return value


class ItemsForm(forms.Form):
    """The information page of a programme; its problems are those that reading the items found."""

    use_required_attribute = False  # a draft may be saved at any time

    def __init__(
        self, programme: Programme, given: Mapping[str, str], problems: tuple[Problem, ...] = ()
    ) -> None:
        super().__init__(data=dict(given), auto_id="item-%s")
        self._problems = problems
        self.currency = programme.currency
        for item in programme.items:
            if item.kind != "books":
                self.fields[item.name] = AsTyped(
                    label=words(item.label),
                    help_text=words(item.help),
                    required=item.required,
                    widget=WIDGETS[item.kind](item),
                )

    def clean(self) -> None:
        """Put each problem beside its field."""
        for problem in self._problems:
            if problem.item in self.fields:
                self.add_error(problem.item, said(problem.code, problem.sentence))


def _mapping_choices(folder: str = INVOICES) -> list[tuple[str, str]]:
    # Our own template first: it is what most applicants are helped by.
    names = sorted(mapping_names(folder), key=lambda name: (name != "tallystick", name))
    return [(name, str(mapping_label(name))) for name in names]


class BookForm(forms.Form):
    """One invoice or tax book to hand in."""

    use_required_attribute = False  # what is missing is told beside the field, not by a bubble

    mapping = forms.ChoiceField(label=_("Form of the file"), choices=_mapping_choices)
    enterprise = forms.CharField(
        label=_("Enterprise in the file"),
        help_text=_("Only if the file holds several enterprises: whose rows are meant."),
        required=False,
        max_length=MAX_ENTERPRISE,
    )
    file = forms.FileField(
        label=_("File"),
        help_text=_("CSV, Parquet or JSON lines, at most 64 MB."),
        widget=forms.FileInput(attrs={"accept": ".csv,.parquet,.jsonl"}),
    )

    def __init__(self, item: str, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - as a form is made
        super().__init__(*args, **kwargs)
        field = self.fields["mapping"]
        if item in TABLE_OF_ITEM and isinstance(field, forms.ChoiceField):
            field.choices = _mapping_choices(TAX)


class ReasonForm(forms.Form):
    """Why a person decides otherwise than the rules, or declines."""

    reason = forms.CharField(
        label=_("Reason"), max_length=MAX_REASON, widget=forms.Textarea(attrs={"rows": 4})
    )


class BeginForm(forms.Form):
    """For which programme, or at which lender, to begin."""

    programme = forms.IntegerField(required=False, min_value=1, max_value=2**53)
    lender = forms.IntegerField(required=False, min_value=1, max_value=2**53)


class AssignForm(forms.Form):
    """Which programme a request is given."""

    programme = forms.ChoiceField(label=_("Programme"), widget=forms.RadioSelect)

    def __init__(self, choices: list[tuple[str, str]], data: Mapping[str, Any] | None = None) -> None:
        super().__init__(data)
        field = self.fields["programme"]
        if isinstance(field, forms.ChoiceField):
            field.choices = choices
