"""Assessing a submitted application: admission on its books, then index and grade (A1–A8, O4).

What is found is a canonical document that carries its inputs and the versions of the tables, so that
the same application is decided the same way for ever (mission row O7).
"""

import secrets
from dataclasses import dataclass
from datetime import date

from django.db import transaction

from tallystick.admission.judgement import Judgement
from tallystick.analytics.cleaning import Cleaned
from tallystick.analytics.portfolio import Evidence
from tallystick.errors import Conflict, Corruption
from tallystick.lending.application import Move, Stage
from tallystick.lending.decision import conclude
from tallystick.lending.grading import Grading, grade
from tallystick.lending.offer import Offer, Refusal
from tallystick.lending.qualification import Qualification
from tallystick.policy.decision import Decision
from tallystick.policy.evaluate import decide
from tallystick.records.models import Application, Finding
from tallystick.services import anchoring, cleaned_books, outbox, tax_books
from tallystick.services.access import Actor
from tallystick.services.books import opened
from tallystick.services.casework import close_case, find_as_lender, keep_finding, locked, move
from tallystick.services.installation import Installation
from tallystick.services.programmes import Rulebook, rulebook
from tallystick.values.money import Money

#: Sales are taken over a year for the limit, whatever period the programme judges.
SALES_MONTHS = 12


@dataclass(frozen=True)
class Assessment:
    """What the assessment of one application came to; ``grading`` is ``None`` when it was rejected."""

    judgement: Judgement
    grading: Grading | None


def assess(installation: Installation, actor: Actor, reference: str, as_of: date | None = None) -> Assessment:
    """Judge admission on the books as of a day (today by default) and grade; move the application.

    Accepted: assessed, with a grade. Referred, or a grade that cannot be given: referred to a person.
    Rejected: declined, with the reasons.

    Raises:
        NotFound: ``unknown_application``.
        Forbidden: ``not_permitted``.
        Conflict: ``illegal_move``; ``books_missing`` and the like (see ``services.books``).
        Malformed: what is wrong with the books.
    """
    actor.require("assess")
    application = find_as_lender(actor, reference)
    if application.stage != Stage.SUBMITTED:
        raise Conflict("illegal_move", f"An application that is {application.stage} cannot be assessed.")
    day = as_of or installation.clock.now().date()
    assessment, document, books = _found(installation, application, day)
    with transaction.atomic():
        application = locked(application)
        judgement, grading = assessment.judgement, assessment.grading
        outcome, by = _outcome(judgement, grading)
        move(installation, application, by, None, outcome)
        papers = {"admission": document}
        if grading is not None:
            papers["grading"] = grading.document()
        for kind, paper in papers.items():
            keep_finding(installation, application, kind, paper)
        cleaned_books.keep(installation, application, judgement.enterprise, day, books)
        anchoring.anchor(installation, application, "admission", papers)
        if by is not Move.APPROVE:
            keep_decision(installation, application, judgement.decision, grading)
        if by is Move.DECLINE:
            close_case(installation, application, "declined")
    outbox.relay(installation)
    return assessment


def _found(
    installation: Installation, application: Application, as_of: date
) -> tuple[Assessment, dict[str, object], Cleaned]:
    """Read the books and decide; nothing is saved here."""
    rules = rulebook_of(application)
    programme = rules.programme
    with (
        opened(installation, application) as its,
        tax_books.opened(installation, application, its.enterprise) as taxed,
    ):
        tax, tax_name = taxed or (None, "")
        judgement = Evidence(its.books, tax, tax_name=tax_name).judge(
            its.enterprise, rules.tables[programme.admission_policy], as_of, programme.period_months
        )
        yearly = its.books.indicators(its.enterprise, as_of, SALES_MONTHS)
        books = cleaned_books.cleaned(application, its, as_of)
        monthly = its.books.monthly(its.enterprise, as_of, programme.period_months)
    figures = {name: indicator.value for name, indicator in judgement.indicators.items()}
    # A referred application is graded too: the officer who admits it after all prices by that grade.
    grading = grade(programme, rules.tables, figures) if judgement.outcome != "reject" else None
    document = judgement.document() | {
        "decision": judgement.decision.document(),
        "monthly": [list(row) for row in monthly],
        "twelve_month_sales": str(yearly["sales_amount"].value),
    }
    return Assessment(judgement, grading), document, books


def keep_decision(
    installation: Installation,
    application: Application,
    admission: Decision,
    grading: Grading | None,
    offer: Offer | Refusal | None = None,
    qualified: Qualification | None = None,
) -> Finding:
    """Keep, and return, what the rules came to: outcome, reasons, and every policy by version (O7).

    A salt of its own keeps the applicant, who knows the case's, from guessing at it by its digest.
    """
    programme = rulebook_of(application).programme
    decided = conclude(programme, admission.inputs, admission, grading, offer, qualified)
    document = decided.document() | {"salt": secrets.token_hex(32)}
    return keep_finding(installation, application, "decision", document)


def decided_again(application: Application) -> tuple[Decision, Grading]:
    """Return admission and grade decided anew from the kept figures, which must give what was kept.

    Raises:
        Conflict: ``no_grade`` when the application was rejected or not assessed.
        Corruption: ``decision_not_reproduced`` when the kept papers or policies have changed since.
    """
    kept = {finding.kind: finding.document for finding in application.findings.all()}
    if "grading" not in kept:
        raise Conflict("no_grade", "The application has no grade, so there is no price.")
    rules, paper = rulebook_of(application), kept["admission"]
    admission = decide(rules.tables[rules.programme.admission_policy], paper["decision"]["inputs"])
    figures = {name: indicator["value"] for name, indicator in paper["indicators"].items()}
    grading = grade(rules.programme, rules.tables, figures)
    if admission.document() != paper["decision"] or grading.document() != kept["grading"]:
        raise Corruption("decision_not_reproduced", "The kept figures no longer give the kept decision.")
    return admission, grading


def twelve_month_sales(application: Application, currency: str) -> Money:
    """Return the net sales of the last twelve months as the assessment found them."""
    finding = application.findings.get(kind="admission")
    return Money.parse(finding.document["twelve_month_sales"], currency)


def _outcome(judgement: Judgement, grading: Grading | None) -> tuple[str, Move]:
    if judgement.outcome == "reject":
        return "admission_rejected", Move.DECLINE
    if judgement.outcome == "refer":
        return "admission_referred", Move.REFER
    if grading is None or grading.grade is None:
        return "grade_referred", Move.REFER
    return "admission_accepted", Move.APPROVE


def rulebook_of(application: Application) -> Rulebook:
    """Return the programme and tables that the application is judged by.

    Raises:
        Conflict: ``no_programme_yet``.
    """
    if application.programme is None:
        raise Conflict("no_programme_yet", "The lender has not assigned a programme to this request yet.")
    return rulebook(application.programme)
