"""The programmes and policy tables that come with the product, as documents that a lender may start from."""

from importlib import resources
from typing import Final

PROGRAMMES: Final = ("invoice-loan",)
POLICIES: Final = (
    "concentration-level",
    "continuity-level",
    "delivery-tier",
    "invoice-admission",
    "invoice-loan-offer",
    "invoicing-level",
    "supplier-tier",
    "transactions-level",
)


def programme_document(name: str) -> bytes:
    """Return the document of a programme named in ``PROGRAMMES``."""
    return _read("programmes", name)


def policy_document(name: str) -> bytes:
    """Return the document of a policy table named in ``POLICIES``."""
    return _read("policies", name)


def policy_cases(name: str) -> bytes:
    """Return the cases of a policy table named in ``POLICIES``, each worked out by hand."""
    return _read("policies", f"{name}.cases")


def _read(folder: str, name: str) -> bytes:
    return resources.files(__name__).joinpath(folder, f"{name}.json").read_bytes()
