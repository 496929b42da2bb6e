"""The history card: who moved the application, when, to which stage, and why."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tallystick.lending.application import Move, Stage
from tallystick.records.models import Event
from tallystick.services import sight
from tallystick.web.case import Case
from tallystick.web.wording import called, words

#: What a move is called in the history; ``begin`` opens it.
MOVES: Final[Mapping[str, str | Promise]] = MappingProxyType(
    {
        "begin": gettext_lazy("Begun"),
        Move.REQUEST_PROGRAMME: gettext_lazy("Asked for a programme"),
        Move.ASSIGN_PROGRAMME: gettext_lazy("Programme assigned"),
        Move.SUBMIT: gettext_lazy("Submitted"),
        Move.RETURN_INCOMPLETE: gettext_lazy("Refused for now: items missing"),
        Move.APPROVE: gettext_lazy("Admitted"),
        Move.REFER: gettext_lazy("Referred to an officer"),
        Move.DECLINE: gettext_lazy("Declined"),
        Move.MAKE_OFFER: gettext_lazy("Offer made"),
        Move.CONFIRM: gettext_lazy("Offer confirmed"),
        Move.EXPIRE: gettext_lazy("Offer expired"),
        Move.DISBURSE: gettext_lazy("Paid out"),
        Move.WITHDRAW: gettext_lazy("Withdrawn"),
    }
)


@dataclass(frozen=True)
class HistoryRow:
    """One line of the history."""

    at: datetime
    what: str | Promise
    by: str
    reason: str


def history_rows(case: Case) -> list[HistoryRow]:
    """Return the history, newest first; people of the other side stand under their organisation's name."""
    return [
        HistoryRow(event.at, MOVES[event.move], _by(case, event), sight.reason_of(case.actor, event))
        for event in reversed(case.events)
    ]


def reasons(case: Case) -> list[str]:
    """Return why the application was declined, in plain words; nothing unless it was."""
    if case.stage is not Stage.DECLINED:
        return []
    for kind in ("refusal", "decision"):
        document = case.findings.get(kind, {})
        if document.get("outcome") == "decline":
            return [words(reason["text"]) for reason in document["reasons"]]
    typed = [sight.reason_of(case.actor, event) for event in case.events if event.move == Move.DECLINE]
    return [reason for reason in typed if reason]


def _by(case: Case, event: Event) -> str:
    if event.user is None:
        return _("by the programme's rules")
    if sight.is_own(case.actor, event):
        return event.user.username
    of_applicant = event.user.member_id == case.application.applicant_id
    return called(case.application.applicant if of_applicant else case.application.lender)
