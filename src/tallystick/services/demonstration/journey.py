"""One loan from request to payment, a line for each stage with its result and its ledger address."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

from tallystick.lending.offer import Refusal
from tallystick.records.models import Application, Disbursement, Member, User
from tallystick.services import applications, assessment, disbursement, offers
from tallystick.services.access import Actor, actor_of
from tallystick.services.installation import Installation
from tallystick.values.identifiers import bank_card_check_digit
from tallystick.values.money import Money

_CARD: Final = "621700001234567890"


@dataclass(frozen=True)
class Line:
    """One stage of the journey.

    Attributes:
        stage: its name, lower case.
        text: what came out, for people.
        address: storage address on the ledger, or empty where the stage states no agreed fact.
    """

    stage: str
    text: str
    address: str = ""


@dataclass(frozen=True)
class Request:
    """What one supplier asks of one lender, and with which books.

    Attributes:
        applicant, lender: members.
        books: ``sales`` and ``purchases`` -> (file name, content).
        enterprise: whose rows in the books are meant.
        mapping: name of the mapping that reads the books.
        as_of: the day on which the books are judged; ``None`` for today.
    """

    applicant: Member
    lender: Member
    amount: str
    term_months: str
    books: Mapping[str, tuple[str, bytes]]
    enterprise: str
    mapping: str = "tallystick"
    as_of: date | None = None


def carry(installation: Installation, request: Request) -> Iterator[Line]:
    """Carry a request as far as it goes, yielding a line when each stage is done."""
    owner, officer = _person(request.applicant, "applicant"), _person(request.lender, "credit_officer")
    programme = request.lender.programmes.get(slug="invoice-loan", retired_at=None)
    application = applications.begin(installation, owner, programme_id=programme.pk)
    reference = application.reference
    applications.fill(installation, owner, reference, _items(request))
    for item, side in (("sales_book", "sales"), ("purchase_book", "purchases")):
        name, content = request.books[side]
        applications.hand_in_book(
            installation,
            owner,
            reference,
            item=item,
            file_name=name,
            content=content,
            mapping=request.mapping,
            enterprise=request.enterprise,
        )
    found = applications.submit(installation, owner, reference)
    yield Line(
        "application",
        f"{reference}: {request.applicant.name} asks {request.lender.name} for "
        f"{Money.parse(request.amount, 'CNY')} over {request.term_months} months; "
        f"{found.missing_per_mille} ‰ of the form missing, {found.threshold_per_mille} ‰ allowed",
        _address(application, "application"),
    )
    yield from _decided(installation, officer, application, request.as_of)
    application.refresh_from_db()
    if application.stage == "offered":
        yield from _paid(installation, owner, officer, application)


def _decided(
    installation: Installation, officer: Actor, application: Application, as_of: date | None
) -> Iterator[Line]:
    assessed = assessment.assess(installation, officer, application.reference, as_of)
    judgement, grading = assessed.judgement, assessed.grading
    reasons = ", ".join(reason.code for reason in judgement.decision.reasons) or "no rule matched"
    yield Line(
        "admission",
        f"{judgement.outcome}: {judgement.points or 'no'} points of {judgement.acceptable_points_max}"
        f" ({reasons})",
        _address(application, "admission"),
    )
    if grading is not None and grading.grade is not None:
        graded = f"{grading.grade}: risk index {grading.risk_index} of 100"
        yield Line("grade", graded, _address(application, "admission"))  # one paper carries both
    application.refresh_from_db()
    if application.stage == "declined":
        yield Line(
            "decision", "declined; the reasons are with the applicant", _address(application, "closed")
        )
    elif application.stage == "referred":
        referred = "referred to a credit officer, who decides with the evidence in view"
        yield Line("decision", referred, _address(application, "admission"))
    else:
        yield _offer(installation, officer, application)


def _offer(installation: Installation, officer: Actor, application: Application) -> Line:
    made = offers.make_offer(installation, officer, application.reference)
    if isinstance(made, Refusal):
        reasons = ", ".join(reason.code for reason in made.reasons)
        step = "closed" if made.outcome == "decline" else "admission"
        return Line("offer", f"none, {made.outcome}: {reasons}", _address(application, step))
    first = made.instalments.get(number=1)
    return Line(
        "offer",
        f"{made.amount} at {made.rate.percent} % for {made.term_months} months, "
        f"first instalment {first.payment} on {first.due_on}",
        _address(application, "offer"),
    )


def _paid(
    installation: Installation, owner: Actor, officer: Actor, application: Application
) -> Iterator[Line]:
    reference = application.reference
    offers.confirm(installation, owner, reference)
    yield Line("confirmation", "the applicant signed the offer", _address(application, "confirmation"))
    paid = disbursement.disburse(installation, officer, reference)
    disbursement.disburse(installation, officer, reference)
    records = Disbursement.objects.filter(application=application).count()
    yield Line(
        "disbursement",
        f"{paid.amount} to the account ending in {paid.account[-4:]}; asked twice, recorded {records} time",
        _address(application, "disbursement"),
    )


def _address(application: Application, step: str) -> str:
    return application.anchors.select_related("transmission").get(step=step).transmission.address


def _person(member: Member, role: str) -> Actor:
    return actor_of(next(user for user in User.objects.filter(member=member) if role in user.roles))


def _items(request: Request) -> dict[str, str]:
    return {
        "enterprise_name": request.applicant.name,
        "credit_code": request.applicant.credit_code,
        "founded_on": "2017-03-15",
        "staff_count": "46",
        "use_of_funds": "materials",
        "amount": request.amount,
        "term_months": request.term_months,
        "repayment_method": "equal-instalments",
        "account": _CARD + bank_card_check_digit(_CARD),
    }
