"""The qualification card of an application: what the programme asks for, and what an offer rests on."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from tallystick.records.models import Qualification
from tallystick.services import qualifying
from tallystick.services.installation import Installation
from tallystick.web.case import Case

#: What a programme asks for, in words.
NEEDS: Final[Mapping[str, str | Promise]] = MappingProxyType(
    {
        "none": _("not looked at"),
        "optional": _("caps the amount and sets the rate, where one is live"),
        "required": _("required; caps the amount and sets the rate"),
    }
)


@dataclass(frozen=True)
class QualifiedCard:
    """``row`` is what the offer rested on, or would rest on now; ``None`` where nothing is live."""

    need: str | Promise
    is_required: bool
    valid_days: int
    row: Qualification | None
    is_used: bool


def qualified_card(installation: Installation, case: Case) -> QualifiedCard | None:
    """Return the card for the lender; ``None`` for others, and where the programme looks at none."""
    if case.rules is None or "limits" not in case.cards:
        return None
    programme = case.rules.programme
    if programme.qualification.need == "none":
        return None
    kept = case.findings.get("qualification")
    if kept is None:
        row = qualifying.live(installation, case.application, programme)
    else:
        row = Qualification.objects.filter(
            lender_id=case.application.lender_id, reference=kept["reference"]
        ).first()
    return QualifiedCard(
        NEEDS[programme.qualification.need],
        programme.qualification.need == "required",
        programme.qualification.valid_days,
        row,
        kept is not None,
    )
