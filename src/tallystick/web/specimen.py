"""What the style page shows in its components: figures of an invented loan."""

from datetime import UTC, date, datetime

from django import forms
from django.core.paginator import Paginator
from django.utils.translation import gettext_lazy as _

from tallystick.values.money import Money
from tallystick.values.rates import Rate
from tallystick.web.charts import Month, monthly_bars
from tallystick.web.stages import STAGES

_SALES = (310, 0, 420, 388, 512, 476, 505, -35, 566, 610, 582, 645)
_PURCHASES = (190, 120, 260, 300, 310, 295, 330, 210, 362, 380, 391, 402)


class StyleForm(forms.Form):
    """One field of every kind that our forms use."""

    registered_name = forms.CharField(
        label=_("Registered name"), help_text=_("As on the business licence."), max_length=200
    )
    amount = forms.DecimalField(
        label=_("Amount"), min_value=1000, widget=forms.TextInput(attrs={"inputmode": "decimal"})
    )
    purpose = forms.ChoiceField(
        label=_("Purpose"), choices=[("stock", _("Buying materials")), ("wages", _("Paying wages"))]
    )
    method = forms.ChoiceField(
        label=_("Repayment method"),
        choices=[("equal-instalments", _("Equal instalments")), ("equal-principal", _("Equal principal"))],
        widget=forms.RadioSelect,
    )
    book = forms.FileField(label=_("Invoice book"), help_text=_("CSV, at most 20 MB."), required=False)
    note = forms.CharField(label=_("Note"), widget=forms.Textarea(attrs={"rows": 3}), required=False)
    authorised = forms.BooleanField(label=_("I authorise the lender to read these invoices."))


def specimen() -> dict[str, object]:
    """Return the context of the style page."""
    months = [
        Month(f"2025-{number:02d}", _thousands(sales), _thousands(purchases))
        for number, (sales, purchases) in enumerate(zip(_SALES, _PURCHASES, strict=True), 1)
    ]
    return {
        "stages": list(STAGES),
        "amount": Money.parse("600000.00", "CNY"),
        "instalment": Money.parse("51404.38", "CNY"),
        "rate": Rate.parse("0.0515"),
        "account_address": "tly1q8d4xk2m7hs0vwe5r9tny3jz6c8f2glpa7u4v4k",
        "record_digest": "3fa9c1d27be04a5590f3c1d27be04a559e1b3fa9c1d27be04a5590f3c1d20be4",
        "due_on": date(2026, 12, 22),
        "signed_at": datetime(2026, 10, 31, 9, 14, tzinfo=UTC),
        "chart": monthly_bars(_("Invoices by month"), months),
        "months": months,
        "page": Paginator(range(95), 20).page(3),
        "steps": [
            {"title": _("Taken in"), "note": _("complete"), "state": "done"},
            {"title": _("Admission"), "note": _("12 of 40 points"), "state": "done"},
            {"title": _("Offer"), "note": _("grade B"), "state": "current"},
            {"title": _("Confirmation"), "note": "—", "state": "next"},
            {"title": _("Paid out"), "note": "—", "state": "next"},
        ],
    }


def _thousands(amount: int) -> Money:
    return Money.parse(f"{amount}000.00" if amount else "0.00", "CNY")
