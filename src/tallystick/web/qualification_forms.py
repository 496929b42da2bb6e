"""Forms of a qualification: whom it is about, a grade by hand, the decision."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from django import forms
from django.utils.translation import gettext_lazy as _

from tallystick.errors import Rejection
from tallystick.evidence.assessment import Quality
from tallystick.records.models import Member
from tallystick.services.looking import product_families
from tallystick.services.qualification import DAYS, DECLINE, GRANT, MAX_REASON
from tallystick.values.money import Money
from tallystick.values.rates import Rate
from tallystick.web.wording import called

#: The currency of grades and decisions.
CURRENCY: Final = "CNY"
PERIODS: Final = ((90, _("90 days")), (DAYS, _("one year")), (3 * DAYS, _("three years")))
QUALITIES: Final = (
    (Quality.GOOD.value, _("good")),
    (Quality.MEDIUM.value, _("medium")),
    (Quality.POOR.value, _("poor")),
    ("", _("cannot be told")),
)


class QueryForm(forms.Form):
    """Whose delivery records are asked for, and how far back."""

    supplier = forms.ChoiceField(label=_("Supplier"))
    days = forms.TypedChoiceField(label=_("Records of the last"), choices=PERIODS, coerce=int, initial=DAYS)
    family = forms.ChoiceField(
        label=_("Pictures are looked at by the model of"),
        required=False,
        choices=lambda: [("", _("no model")), *((each, each) for each in product_families())],
    )
    application = forms.CharField(
        label=_("Application that it is about"),
        required=False,
        max_length=20,
        help_text=_("Its reference; leave it empty where there is none."),
    )

    def __init__(
        self,
        suppliers: Sequence[Member],
        data: Mapping[str, Any] | None = None,
        initial: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(data, initial=dict(initial or {}))
        field = self.fields["supplier"]
        if isinstance(field, forms.ChoiceField):
            field.choices = [(each.address, called(each)) for each in suppliers]


class GradeForm(forms.Form):
    """What a reviewer saw in the media of one delivery."""

    quality = forms.ChoiceField(label=_("Quality of the goods"), choices=QUALITIES, required=False)
    quantity = forms.IntegerField(label=_("Pieces"), required=False, min_value=0, max_value=10**12)
    value = forms.CharField(label=_("Value"), required=False, max_length=24, help_text=CURRENCY)
    because = forms.CharField(label=_("What you saw"), max_length=300)

    def clean_value(self) -> str:
        """Return the value as exact text, or nothing."""
        text: str = self.cleaned_data["value"].strip()
        try:
            return Money.parse(text, CURRENCY).text if text else ""
        except Rejection as error:
            raise forms.ValidationError(_("Type an amount such as 30000.00."), error.code) from error


class DecisionForm(forms.Form):
    """The officer's decision."""

    outcome = forms.ChoiceField(
        label=_("Decision"),
        choices=((GRANT, _("Grant")), (DECLINE, _("Decline"))),
        widget=forms.RadioSelect,
    )
    amount = forms.CharField(label=_("Amount"), required=False, max_length=24, help_text=CURRENCY)
    rate = forms.CharField(label=_("Annual rate in percent"), required=False, max_length=12)
    reason = forms.CharField(
        label=_("Reason"), max_length=MAX_REASON, widget=forms.Textarea(attrs={"rows": 2})
    )

    def clean_amount(self) -> Money | None:
        """Return the amount, or None where none is typed."""
        text: str = self.cleaned_data["amount"].strip()
        try:
            return Money.parse(text, CURRENCY) if text else None
        except Rejection as error:
            raise forms.ValidationError(_("Type an amount such as 30000.00."), error.code) from error

    def clean_rate(self) -> Rate | None:
        """Return the rate, or None where none is typed."""
        text: str = self.cleaned_data["rate"].strip()
        try:
            return Rate(Rate.parse(text).value / 100) if text else None
        except Rejection as error:
            raise forms.ValidationError(_("Type a rate such as 4.85."), error.code) from error
