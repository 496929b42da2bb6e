"""Deliveries, their files and consents in words: stages, reasons, kinds of document, what was read."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from tallystick.contracts.countersignature import Reason
from tallystick.evidence.papers import Kind, Status
from tallystick.web.stages import StageLabel

#: An answer that is due within this time is marked.
SOON: Final = timedelta(days=3)

#: Stage of a delivery (``records.models.Delivery``) -> how it is shown.
STAGES: Final[Mapping[str, StageLabel]] = MappingProxyType(
    {
        "sending": StageLabel(_("On its way to the ledger"), "warn"),
        "waiting": StageLabel(_("Waits for the buyer"), "info"),
        "signed": StageLabel(_("Countersigned"), "good"),
        "recorded": StageLabel(_("Countersigned and recorded"), "good"),
        "refused": StageLabel(_("Refused by the buyer"), "bad"),
        "withdrawn": StageLabel(_("Taken back"), "quiet"),
        "failed": StageLabel(_("Not taken by the ledger"), "bad"),
    }
)
ANSWER_ON_ITS_WAY: Final = StageLabel(_("The answer is on its way to the ledger"), "warn")

#: Reason of a refusal -> its sentence, the same for both sides.
REASONS: Final[Mapping[Reason, str | Promise]] = MappingProxyType(
    {
        "not_ordered": _("We did not order this."),
        "not_received": _("The goods have not arrived."),
        "wrong_goods": _("Other goods arrived than were ordered."),
        "wrong_quantity": _("The quantity is wrong."),
        "damaged": _("The goods are damaged."),
        "wrong_papers": _("The papers do not fit the goods."),
        "other": _("Another reason, said in the note."),
    }
)

#: Kinds of document that belong to a delivery, as the supplier chooses them.
PAPERS: Final[Mapping[Kind, str | Promise]] = MappingProxyType(
    {
        Kind.CONTRACT: _("Contract"),
        Kind.DELIVERY_NOTE: _("Delivery note"),
        Kind.VAT_INVOICE: _("VAT invoice"),
    }
)
#: Kind of file (``evidence.delivery.MediumKind``) -> what a file without a kind of document is called.
MEDIA: Final[Mapping[str, str | Promise]] = MappingProxyType(
    {"picture": _("Picture"), "document": _("Document"), "video": _("Film")}
)
#: How far a value that was read can be relied on.
STATUSES: Final[Mapping[str, StageLabel]] = MappingProxyType(
    {
        Status.VERIFIED: StageLabel(_("checked"), "good"),
        Status.NEEDS_REVIEW: StageLabel(_("please look"), "warn"),
        Status.MISSING: StageLabel(_("not found"), "quiet"),
    }
)
#: Field of a paper -> its name; a field that is not listed is shown as it is called in the data.
FIELDS: Final[Mapping[str, str | Promise]] = MappingProxyType(
    {
        "amount": _("Amount without tax"),
        "buyer": _("Buyer"),
        "buyer_name": _("Buyer"),
        "buyer_tax_number": _("Buyer's tax number"),
        "check_code": _("Check code"),
        "code": _("Invoice code"),
        "contract_number": _("Contract number"),
        "date": _("Date"),
        "delivery_on": _("Delivery on"),
        "machine_number": _("Machine number"),
        "number": _("Number"),
        "payment_terms": _("Payment terms"),
        "seller": _("Seller"),
        "seller_name": _("Seller"),
        "seller_tax_number": _("Seller's tax number"),
        "tax": _("Tax"),
        "total": _("Total"),
        "total_in_capitals": _("Total in words"),
        "total_quantity": _("Total quantity"),
    }
)


def due_label(due_at: datetime, now: datetime) -> StageLabel:
    """Return how urgent an answer is, in a word and a tone."""
    if due_at <= now:
        return StageLabel(_("Overdue"), "bad")
    return StageLabel(_("Due soon"), "warn") if due_at - now <= SOON else StageLabel(_("Due later"), "quiet")
