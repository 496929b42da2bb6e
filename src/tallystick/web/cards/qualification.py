"""A qualification as the lender's officer sees it: records, pictures, checks, tiers (mission E7 to E10)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from fractions import Fraction
from types import MappingProxyType
from typing import Any, Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from tallystick.errors import Rejection
from tallystick.policy.wording import Wording
from tallystick.records.models import Delivery, Member, Qualification
from tallystick.services import consents
from tallystick.services.installation import Installation
from tallystick.web.cards.delivery import FileRow, file_rows
from tallystick.web.sentences import sentence
from tallystick.web.stages import StageLabel
from tallystick.web.wording import words

#: What a check came to -> how it is shown.
OUTCOMES: Final[Mapping[str, StageLabel]] = MappingProxyType(
    {
        "passed": StageLabel(_("holds"), "good"),
        "failed": StageLabel(_("fails"), "bad"),
        "not_made": StageLabel(_("not made"), "warn"),
    }
)
#: Figure of an assessment -> what it is called.
FIGURES: Final[Mapping[str, str | Promise]] = MappingProxyType(
    {"quality": _("Quality"), "quantity": _("Pieces"), "value": _("Value")}
)
_OF_A_TIER: Final = _("tier %(number)s")


@dataclass(frozen=True)
class CheckRow:
    """One check: its name, its sentence, and what it came to."""

    name: str
    text: str
    label: StageLabel


@dataclass(frozen=True)
class FigureRow:
    """One figure of the assessment; ``value`` is empty where it abstains."""

    called: str | Promise
    value: str
    because: str


@dataclass(frozen=True)
class MatchRow:
    """How far one tier's limits are met, in whole percent."""

    called: str
    percent: int


@dataclass(frozen=True)
class RecordCard:
    """One delivery record.

    Attributes:
        files: those that the supplier's consent lets this lender open; else ``closed`` says why not.
    """

    address: str
    buyer: str
    delivery: str
    recorded_at: datetime
    counts: bool
    tier: str
    checks: Sequence[CheckRow]
    figures: Sequence[FigureRow]
    matches: Sequence[MatchRow]
    reasons: Sequence[str]
    files: Sequence[FileRow]
    closed: str


@dataclass(frozen=True)
class QualificationCard:
    """What one query came to."""

    row: Qualification
    since: datetime
    left_out: int
    tier: str
    reasons: Sequence[str]
    records: Sequence[RecordCard]


def qualification_card(installation: Installation, row: Qualification) -> QualificationCard | None:
    """Return what the query gave; None while the ledger has not answered it."""
    if row.findings is None:
        return None
    found: Mapping[str, Any] = row.findings
    return QualificationCard(
        row=row,
        since=_moment(found["since"]),
        left_out=found["left_out"],
        tier=tier_word(found["tier"]),
        reasons=_reasons(found["reasons"]),
        records=[_record(installation, row, each) for each in reversed(found["records"])],
    )


def tier_word(tier: int | None) -> str:
    """Return what a tier is called; empty for none."""
    return str(_OF_A_TIER % {"number": tier}) if tier else ""


def _record(installation: Installation, row: Qualification, found: Mapping[str, Any]) -> RecordCard:
    delivery = Delivery.objects.filter(supplier=row.supplier, reference=found["delivery"]).first()
    buyer = Member.objects.filter(address=found["buyer"]).first()
    files, closed = _files(installation, row, delivery)
    return RecordCard(
        address=found["address"],
        buyer=buyer.name if buyer else found["buyer"],
        delivery=found["delivery"],
        recorded_at=_moment(found["recorded_at"]),
        counts=found["counts"],
        tier=tier_word(found["tier"]),
        checks=[
            CheckRow(each["name"], words(Wording(**each["text"])), OUTCOMES[each["outcome"]])
            for each in found["checks"]
        ],
        figures=[
            FigureRow(called, str(figure["value"] or ""), figure["because"])
            for name, called in FIGURES.items()
            if (figure := found["assessment"][name])
        ],
        matches=[
            MatchRow(tier_word(each["tier"]), int(Fraction(each["degree"]) * 100))
            for each in found["matches"]
        ],
        reasons=_reasons(found["reasons"]),
        files=files,
        closed=closed,
    )


def _files(
    installation: Installation, row: Qualification, delivery: Delivery | None
) -> tuple[Sequence[FileRow], str]:
    if delivery is None:
        return (), str(_("The files of this record are not in this installation."))
    try:
        consents.require_live(installation, delivery, row.lender_id)
    except Rejection as refused:
        return (), sentence(refused)
    return file_rows(delivery), ""


def _reasons(found: Sequence[Mapping[str, Any]]) -> list[str]:
    return [words(Wording(**each["text"])) for each in found]


def _moment(time_ms: int) -> datetime:
    return datetime.fromtimestamp(time_ms / 1000, UTC)
