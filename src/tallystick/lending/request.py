"""What an applicant asks a lender for, taken from the items of the information page."""

from dataclasses import dataclass

from tallystick.errors import Malformed
from tallystick.lending.items import Items
from tallystick.lending.programme_document import ACCOUNT, AMOUNT, METHOD, TERM_MONTHS
from tallystick.lending.terms import Method
from tallystick.values.money import Money


@dataclass(frozen=True)
class LoanRequest:
    """What the applicant asks for, and the account it is to be paid to."""

    amount: Money
    term_months: int
    method: Method
    account: str


def loan_request(items: Items) -> LoanRequest:
    """Return the request that complete ``items`` state.

    Raises:
        Malformed: ``incomplete_request`` when an item that every programme needs was not read.
    """
    amount, account = items.values.get(AMOUNT), items.values.get(ACCOUNT)
    term, method = items.values.get(TERM_MONTHS), items.values.get(METHOD)
    if not (isinstance(amount, Money) and isinstance(account, str)):
        raise Malformed("incomplete_request", "The amount or the account is missing.")
    if not (isinstance(term, str) and isinstance(method, str)):
        raise Malformed("incomplete_request", "The term or the repayment method is missing.")
    return LoanRequest(amount, int(term), Method.parse(method), account)
