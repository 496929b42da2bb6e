"""The programmes and policy tables that come with the product, as documents that a lender may start from."""

from importlib import resources
from typing import Final

PROGRAMMES: Final = ("invoice-loan", "tax-invoice-loan")
POLICIES: Final = (
    "admission-risk",
    "concentration-level",
    "continuity-level",
    "delivery-tier",
    "invoice-admission",
    "invoice-loan-offer",
    "invoicing-level",
    "public-invoice-scorecard",
    "supplier-tier",
    "transactions-level",
)

#: Policies that are scorecards: their bins, counts and scale are kept beside them.
SCORECARDS: Final = ("public-invoice-scorecard",)


def programme_document(name: str) -> bytes:
    """Return the document of a programme named in ``PROGRAMMES``."""
    return _read("programmes", name)


def policy_document(name: str) -> bytes:
    """Return the document of a policy table named in ``POLICIES``."""
    return _read("policies", name)


def policy_cases(name: str) -> bytes:
    """Return the cases of a policy table named in ``POLICIES``, each worked out by hand."""
    return _read("policies", f"{name}.cases")


def scorecard_document(name: str) -> bytes:
    """Return the scorecard behind a policy named in ``SCORECARDS``."""
    return _read("scorecards", name)


def _read(folder: str, name: str) -> bytes:
    return resources.files(__name__).joinpath(folder, f"{name}.json").read_bytes()
