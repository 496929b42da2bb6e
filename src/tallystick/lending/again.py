"""Deciding again: the steps from kept figures to an outcome, by the same tables or by others.

By the same tables a decision comes out bit for bit as it was kept (mission row O7); by others it shows what a
change of policy would have done. A decision file holds everything that the first needs, and nothing else.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final, Literal

import msgspec

from tallystick.errors import Malformed, Rejection, TooLarge
from tallystick.lending.decision import Judgement, conclude
from tallystick.lending.grading import Grading, grade
from tallystick.lending.offer import Offer, Refusal, make_offer
from tallystick.lending.programme import Programme, parse_programme
from tallystick.lending.qualification import Qualification, read_qualification
from tallystick.lending.request import LoanRequest
from tallystick.lending.terms import Method
from tallystick.policy.decision import Decision, Reason
from tallystick.policy.evaluate import decide
from tallystick.policy.table import Table, parse
from tallystick.values import canonical
from tallystick.values.money import Money

MAX_FILE_BYTES: Final = 16 << 20
#: Differences that are listed; one is enough to stop.
MAX_DIFFERENCES: Final = 100

Plain = dict[str, Any]


class Request(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What was asked for, as text."""

    amount: str
    term_months: int
    method: str
    account: str


class DecisionFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A decision with everything that it rests on.

    Attributes:
        programme, policies: the documents that were pinned, as text.
        papers: what each step kept: ``admission``, ``grading``, ``qualification``, ``offer`` or
            ``refusal``, ``decision``.
        digests: the digest under which a paper was kept, where it has one.
        made_on: the day of the offer.
    """

    format: Literal["tallystick/decision-file/1"]
    reference: str
    programme: str
    policies: dict[str, str]
    papers: dict[str, Plain]
    digests: dict[str, str]
    request: Request | None
    made_on: str


@dataclass(frozen=True)
class Figures:
    """What an application was decided on.

    Attributes:
        admission: what the admission policy may read: indicators, and counts of findings by code.
        indicators: what the dimensions may read.
        request: what was asked for; ``None`` where the form does not say it.
        qualification: what the offer was held against; ``None`` where there was none.
    """

    admission: Mapping[str, object]
    indicators: Mapping[str, object]
    request: LoanRequest | None
    twelve_month_sales: Money
    made_on: date
    qualification: Qualification | None = None


@dataclass(frozen=True)
class Course:
    """What the rules alone come to, step by step; a step that was not reached is ``None``."""

    admission: Decision
    grading: Grading | None
    offer: Offer | Refusal | None

    @property
    def outcome(self) -> Judgement:
        """Approve, refer or decline."""
        if self.admission.outcome != "approve":
            return "decline" if self.admission.outcome == "decline" else "refer"
        if isinstance(self.offer, Offer):
            return "approve"
        return self.offer.outcome if self.offer is not None else "refer"

    @property
    def grade(self) -> str | None:
        """The grade, where there is one."""
        return None if self.grading is None else self.grading.grade

    @property
    def amount(self) -> Money | None:
        """What would be offered; ``None`` without an offer."""
        return self.offer.amount if isinstance(self.offer, Offer) else None

    @property
    def reasons(self) -> tuple[Reason, ...]:
        """Of the step that ended it."""
        if self.admission.outcome != "approve" or self.grading is None:
            return self.admission.reasons
        if self.offer is None:
            return self.grading.reasons
        return self.offer.reasons if isinstance(self.offer, Refusal) else self.offer.decision.reasons


def figures_of(
    paper: Mapping[str, Any],
    currency: str,
    request: LoanRequest | None,
    made_on: date,
    qualification: Mapping[str, Any] | None = None,
) -> Figures:
    """Return the figures that the admission finding ``paper`` has kept, and the one of a qualification.

    Raises:
        Malformed: ``bad_paper`` when one lacks what every such finding has.
    """
    try:
        indicators = {name: each["value"] for name, each in paper["indicators"].items()}
        counts = {each["code"]: each["count"] for each in paper["data_quality"]}
        kept = dict(paper["decision"]["inputs"])
        sales = Money.parse(paper["twelve_month_sales"], currency)
    except (KeyError, TypeError, AttributeError) as error:
        raise Malformed("bad_paper", "The kept paper of the admission lacks its figures.") from error
    qualified = None if qualification is None else read_qualification(qualification, currency)
    return Figures({**indicators, **counts, **kept}, indicators, request, sales, made_on, qualified)


def run(programme: Programme, tables: Mapping[str, Table], figures: Figures) -> Course:
    """Return what the programme's policies come to on ``figures``; what a person decided is left out.

    Raises:
        Malformed: what a table that does not fit the programme raises.
    """
    admission = decide(tables[programme.admission_policy], figures.admission)
    grading = None
    if admission.outcome != "decline":
        grading = grade(programme, tables, figures.indicators)
    offer = None
    if admission.outcome == "approve" and grading is not None and figures.request is not None:
        offer = _priced(programme, tables, figures, grading)
    return Course(admission, grading, offer)


def _priced(
    programme: Programme, tables: Mapping[str, Table], figures: Figures, grading: Grading
) -> Offer | Refusal | None:
    if grading.grade is None or grading.risk_index is None or figures.request is None:
        return None
    return make_offer(
        programme,
        tables[programme.offer_policy],
        figures.request,
        grade=grading.grade,
        risk_index=grading.risk_index,
        twelve_month_sales=figures.twelve_month_sales,
        made_on=figures.made_on,
        qualification=figures.qualification,
    )


class Difference(msgspec.Struct, frozen=True):
    """A place at which what is decided now is not what was kept."""

    at: str
    kept: Any
    found: Any


def read_decision_file(data: bytes) -> DecisionFile:
    """Return the decision file in ``data`` (JSON, UTF-8).

    Raises:
        Malformed: ``malformed_decision_file``.
        TooLarge: ``file_too_large``.
    """
    if len(data) > MAX_FILE_BYTES:
        raise TooLarge("file_too_large", f"A decision file may have {MAX_FILE_BYTES} bytes at most.")
    try:
        return msgspec.json.decode(data, type=DecisionFile)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Malformed(
            "malformed_decision_file", f"The decision file cannot be read: {error!s:.200}."
        ) from error


def replay(file: DecisionFile) -> tuple[Difference, ...]:
    """Decide again by the documents and figures in ``file``; return what differs from the papers kept.

    At most ``MAX_DIFFERENCES`` are listed; none means that it is reproduced bit for bit. A file whose
    documents or figures cannot even be read differs at ``documents``.
    """
    try:
        found = _found(file)
    except (Rejection, KeyError, ValueError) as error:
        return (Difference("documents", "readable", str(error)[:200]),)
    return tuple(each for _, each in zip(range(MAX_DIFFERENCES), _differences(file, found), strict=False))


def _found(file: DecisionFile) -> Plain:
    programme = parse_programme(file.programme.encode())
    tables = {name: parse(text.encode()) for name, text in file.policies.items()}
    paper = file.papers["admission"]
    request = _request(file.request, programme.currency)
    made_on, kept = date.fromisoformat(file.made_on), file.papers.get("qualification")
    figures = figures_of(paper, programme.currency, request, made_on, kept)
    admission = decide(tables[programme.admission_policy], figures.admission)
    found: Plain = {"admission": admission.document()}
    grading = None
    if "grading" in file.papers:
        grading = grade(programme, tables, figures.indicators)
        found["grading"] = grading.document()
    offer = None
    if grading is not None and file.papers.keys() & {"offer", "refusal"}:
        offer = _priced(programme, tables, figures, grading)
        if offer is not None:
            found["offer" if isinstance(offer, Offer) else "refusal"] = offer.document()
    qualified = figures.qualification
    if qualified is not None:
        found["qualification"] = qualified.document()
    if "decision" in file.papers:
        concluded = conclude(programme, admission.inputs, admission, grading, offer, qualified)
        found["decision"] = concluded.document()
    return found


def _request(kept: Request | None, currency: str) -> LoanRequest | None:
    if kept is None:
        return None
    return LoanRequest(
        Money.parse(kept.amount, currency), kept.term_months, Method.parse(kept.method), kept.account
    )


def _differences(file: DecisionFile, found: Plain) -> Iterator[Difference]:
    papers = dict(file.papers)
    for name, kept in file.digests.items():
        now = canonical.digest(papers[name]) if name in papers else None
        if now != kept:
            yield Difference(f"{name}: digest", kept, now)
    papers["admission"] = papers["admission"]["decision"]
    if "decision" in papers:
        papers["decision"] = {name: part for name, part in papers["decision"].items() if name != "salt"}
    # Through canonical bytes: what is compared is what would be kept.
    yield from _compare("", papers, msgspec.json.decode(canonical.encode(found)))


def _compare(at: str, kept: object, found: object) -> Iterator[Difference]:
    if isinstance(kept, dict) and isinstance(found, dict):
        for name in sorted(kept.keys() | found.keys()):
            yield from _compare(f"{at}.{name}" if at else name, kept.get(name), found.get(name))
    elif isinstance(kept, list) and isinstance(found, list) and len(kept) == len(found):
        for place, (one, other) in enumerate(zip(kept, found, strict=True)):
            yield from _compare(f"{at}[{place}]", one, other)
    elif kept != found or type(kept) is not type(found):
        yield Difference(at, kept, found)
