"""Everything that can look at a delivery, looking at it, and what it comes to together (E8)."""

from dataclasses import dataclass

from tallystick.errors import Rejection, Unavailable
from tallystick.evidence.assessment import Assessment, Basis, Figure, Pack, TargetModel
from tallystick.evidence.combining import combine
from tallystick.recognition.documents_only import DocumentsOnly


@dataclass(frozen=True)
class Assessed:
    """The combined assessment, and what it was made of, to be kept beside it."""

    together: Assessment
    each: tuple[Assessment, ...]


def assess(pack: Pack, *models: TargetModel, documents: DocumentsOnly | None = None) -> Assessment:
    """Return what documents and the models that are there make of the pack together.

    The documents-only rules always run. A model that refuses the pack, or does not answer, abstains.

    Args:
        documents: the rules with the installation's currency and the invoices that already count.

    Raises:
        TooLarge: ``too_many_assessments``.
        Malformed: ``currency_mismatch``, ``unknown_currency``.
    """
    return assess_each(pack, *models, documents=documents).together


def assess_each(pack: Pack, *models: TargetModel, documents: DocumentsOnly | None = None) -> Assessed:
    """Return the same, with each model's own assessment.

    Raises:
        TooLarge: ``too_many_assessments``.
        Malformed: ``currency_mismatch``, ``unknown_currency``.
    """
    first = (documents or DocumentsOnly()).assess(pack)
    each = (first, *(_ask(model, pack, first.currency) for model in models))
    return Assessed(combine(each), each)


def _ask(model: TargetModel, pack: Pack, currency: str) -> Assessment:
    try:
        found = model.assess(pack)
    except (Rejection, Unavailable) as error:
        nothing = Figure(None, Basis.NOTHING, error.message)
        return Assessment(type(model).__name__, nothing, nothing, nothing, currency)
    if found.value.value is None and found.currency != currency:  # without a value the currency says nothing
        return Assessment(
            found.model, found.quality, found.quantity, found.value, currency, found.model_sha256
        )
    return found
