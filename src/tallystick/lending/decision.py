"""The credit decision: what the steps of the assessment come to, and everything that it rests on (row O7).

Steps in order: admission, grading, offer. The first that refers or declines ends it; all three together
approve. The record names every policy by version and the inputs by digest, so that it can be decided
again, bit for bit, for ever.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from tallystick.errors import Malformed
from tallystick.lending.grading import Grading
from tallystick.lending.offer import Offer, Refusal
from tallystick.lending.programme import Programme
from tallystick.lending.qualification import Qualification
from tallystick.policy.decision import Decision, Reason
from tallystick.values import canonical

Judgement = Literal["approve", "refer", "decline"]
Step = Literal["admission", "grading", "offer"]


@dataclass(frozen=True)
class CreditDecision:
    """What was decided on one application.

    Attributes:
        outcome: approve, refer or decline.
        decided_by: the step that ended the assessment.
        reasons: of that step, with their words in both languages.
        programme, programme_version: the programme it was decided by.
        policies: version of every policy table that was asked, by name.
        inputs_digest: digest of the figures that were decided on, and of the qualification where there is
            one, 64 hexadecimal digits.
    """

    outcome: Judgement
    decided_by: Step
    reasons: tuple[Reason, ...]
    programme: str
    programme_version: str
    policies: Mapping[str, str]
    inputs_digest: str

    def document(self) -> dict[str, object]:
        """Return the decision as canonical data, ready for the ledger's digest."""
        return {
            "outcome": self.outcome,
            "decided_by": self.decided_by,
            "reasons": [reason.document() for reason in self.reasons],
            "programme": {"id": self.programme, "version": self.programme_version},
            "policies": dict(self.policies),
            "inputs_digest": self.inputs_digest,
        }


def conclude(
    programme: Programme,
    inputs: Mapping[str, object],
    admission: Decision,
    grading: Grading | None = None,
    offer: Offer | Refusal | None = None,
    qualification: Qualification | None = None,
) -> CreditDecision:
    """Return what the steps come to; a step after one that refers or declines is not looked at.

    Args:
        programme: the programme that the application is under.
        inputs: the figures that the policies read, as canonical data.
        admission: of the admission policy.
        grading: needed once admission approves.
        offer: needed once there is a grade.
        qualification: what the offer was held against; it belongs to the inputs.

    Raises:
        Malformed: ``unfinished_assessment`` when a step that is needed was not made; ``not_canonical``
            when ``inputs`` hold what a document cannot.
    """
    outcome, decided_by, reasons = _end(admission, grading, offer)
    if qualification is not None:
        inputs = {**inputs, "qualification": qualification.document()}
    asked = [admission]
    if decided_by != "admission" and grading is not None:
        asked += [each.decision for each in grading.levels]
    if decided_by == "offer" and offer is not None:
        asked.append(offer.decision)
    return CreditDecision(
        outcome=outcome,
        decided_by=decided_by,
        reasons=reasons,
        programme=programme.id,
        programme_version=programme.version,
        policies={each.table: each.version for each in asked},
        inputs_digest=canonical.digest(dict(inputs)),
    )


def _end(
    admission: Decision, grading: Grading | None, offer: Offer | Refusal | None
) -> tuple[Judgement, Step, tuple[Reason, ...]]:
    if admission.outcome != "approve":
        outcome: Judgement = "decline" if admission.outcome == "decline" else "refer"
        return outcome, "admission", admission.reasons
    if grading is None:
        raise Malformed("unfinished_assessment", "An admitted application must be graded.")
    if grading.grade is None:
        return "refer", "grading", grading.reasons
    if offer is None:
        raise Malformed("unfinished_assessment", "A graded application must be priced.")
    if isinstance(offer, Refusal):
        return offer.outcome, "offer", offer.reasons
    return "approve", "offer", offer.decision.reasons
