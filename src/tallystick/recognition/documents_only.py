"""The target model that is always on: documents alone, reconciled line by line (E8)."""

from collections.abc import Collection
from typing import Final

from tallystick.errors import TooLarge
from tallystick.evidence.assessment import Assessment, Basis, Figure, Pack
from tallystick.evidence.reconciliation import Reconciliation, reconcile

LABEL: Final = "documents/1"
NO_QUALITY: Final = Figure(None, Basis.NOTHING, "Documents do not say how good the goods are.")


class DocumentsOnly:
    """A ``TargetModel`` that looks at papers only.

    Args:
        currency: of the contract's prices; ISO 4217.
        used_invoices: numbers of invoices that already count elsewhere (``reconciliation.invoice_key``).
    """

    def __init__(self, currency: str = "CNY", used_invoices: Collection[str] = ()) -> None:
        self._currency = currency
        self._used = frozenset(used_invoices)

    def assess(self, pack: Pack) -> Assessment:
        """Return verified quantity and value; it abstains where the documents bear nothing out together.

        Raises:
            Malformed: ``unknown_currency``.
        """
        try:
            found = reconcile(pack.papers, self._currency, self._used)
        except TooLarge as error:
            nothing = Figure(None, Basis.NOTHING, error.message)
            return Assessment(LABEL, NO_QUALITY, nothing, nothing, self._currency)
        return Assessment(
            LABEL,
            NO_QUALITY,
            _figure(found.quantity, found, "the least that each of the three states, line by line"),
            _figure(found.value, found, "the verified quantity at the contract's price"),
            self._currency,
        )


def _figure(value: str | None, found: Reconciliation, what: str) -> Figure:
    conflicts = found.all_conflicts
    if value is not None:
        because = f"Contract, delivery note and invoice agree on it: {what}."
        return Figure(value, Basis.DOCUMENTS, because, conflicts=conflicts)
    if found.value is not None:
        because = "The verified quantities are in several units."
    else:
        because = "Contract, delivery note and invoice bear no line out together."
    return Figure(None, Basis.NOTHING, because, conflicts=conflicts)
