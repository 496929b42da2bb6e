"""The effect of a policy version before it is in force: past applications of the member, decided under it.

Each is decided by the rules alone on its kept figures, once by the version in force and once by the proposed
one, every other policy as it was pinned. It goes on in steps of bounded length; what is counted is kept
between them, until one of the two sides changes.
"""

from collections.abc import Mapping
from datetime import date
from typing import Final

from django.db import transaction
from django.db.models import QuerySet

from tallystick.errors import Conflict, Corruption, Malformed, Rejection
from tallystick.lending import effect as lending
from tallystick.lending.again import Figures, figures_of, run
from tallystick.policy.table import Table
from tallystick.records.models import Application, PolicyEffect, PolicyVersion
from tallystick.services import policy_versions
from tallystick.services.access import Actor
from tallystick.services.installation import Installation
from tallystick.services.programmes import Rulebook, rulebook
from tallystick.services.replay import request_of
from tallystick.values import canonical

#: The latest applications that a version is held against.
MAX_APPLICATIONS: Final = 5000
#: Applications in one step: about a second.
STEP: Final = 200


def work_on(
    installation: Installation, actor: Actor, name: str, number: int, at_most: int = STEP
) -> PolicyEffect:
    """Work on the effect of a version by ``at_most`` applications more; return how far it is.

    Raises:
        Forbidden: ``not_permitted``.
        NotFound: ``unknown_policy``.
        Malformed: what is wrong with the version; ``not_a_table`` for a graph by whose name applications were
            judged: programmes are judged by tables. One that no programme names changes nobody.
    """
    row = policy_versions.find(actor, name, number)
    policy_versions.parsed(row)
    with transaction.atomic():
        row = policy_versions.locked(row)
        effect = current(installation, row) or _begun(installation, row)
        held = policy_versions.in_force(row.member_id, row.name, installation.clock.now())
        if effect.total:
            old = _table(held) if held is not None else None
            _step(effect, row, old, _table(row), min(at_most, effect.total - effect.done))
        effect.at = installation.clock.now()
        effect.save()
    return effect


def work_out(installation: Installation, actor: Actor, name: str, number: int) -> PolicyEffect:
    """Return the whole effect of a version, worked out to its end. Raises as ``work_on``."""
    while True:
        effect = work_on(installation, actor, name, number)
        if is_complete(effect):
            return effect


def current(installation: Installation, row: PolicyVersion) -> PolicyEffect | None:
    """Return what is worked out so far of the version as it is now, held against what is in force now."""
    return PolicyEffect.objects.filter(policy=row, basis=_basis(installation, row)).first()


def is_complete(effect: PolicyEffect | None) -> bool:
    """Return whether every application was held against the version."""
    return effect is not None and effect.done >= effect.total


def require_complete(installation: Installation, row: PolicyVersion) -> None:
    """Refuse what must not be done before the effect was shown.

    Raises:
        Conflict: ``effect_not_worked_out``.
    """
    if not is_complete(current(installation, row)):
        raise Conflict(
            "effect_not_worked_out",
            "Work out first what the change does to past applications, and look at it.",
        )


def _basis(installation: Installation, row: PolicyVersion) -> str:
    held = policy_versions.in_force(row.member_id, row.name, installation.clock.now())
    return canonical.digest({"old": held.version if held else None, "new": row.version})


def _begun(installation: Installation, row: PolicyVersion) -> PolicyEffect:
    effect, _ = PolicyEffect.objects.update_or_create(
        policy=row,
        defaults={
            "basis": _basis(installation, row),
            "below": None,
            "total": min(_judged_by(row).count(), MAX_APPLICATIONS),
            "done": 0,
            "document": lending.nothing_counted(),
            "at": installation.clock.now(),
        },
    )
    return effect


def _judged_by(row: PolicyVersion) -> QuerySet[Application]:
    """Return the applications that were decided under a programme that names the policy."""
    return Application.objects.filter(
        lender_id=row.member_id, programme__policies__has_key=row.name, findings__kind="admission"
    )


def _step(effect: PolicyEffect, row: PolicyVersion, old: Table | None, new: Table, at_most: int) -> None:
    rows = _judged_by(row) if effect.below is None else _judged_by(row).filter(pk__lt=effect.below)
    rows = rows.select_related("programme", "applicant").prefetch_related("findings").order_by("-pk")
    found = list(rows[:at_most])
    for application in found:
        _count(effect.document, application, old, new)
        effect.below = application.pk
    effect.done = effect.done + len(found) if found else effect.total


def _count(so_far: lending.Plain, application: Application, old: Table | None, new: Table) -> None:
    if application.programme is None:
        return
    try:
        rules = rulebook(application.programme)
        figures = _figures(rules, application)
        tables: Mapping[str, Table] = rules.tables if old is None else {**rules.tables, old.name: old}
        before = run(rules.programme, tables, figures)
        after = run(rules.programme, {**rules.tables, new.name: new}, figures)
    except (Rejection, Corruption) as error:
        lending.count_undecided(so_far, application.reference, error.code)
        return
    lending.count(so_far, application.reference, application.applicant.name, before, after)


def _figures(rules: Rulebook, application: Application) -> Figures:
    kept = {each.kind: each for each in application.findings.all()}
    paper, qualified = kept["admission"], kept.get("qualification")
    asked = request_of(rules.programme, application)
    made_on = date.fromisoformat(str(paper.document.get("as_of") or paper.made_at.date()))
    return figures_of(
        paper.document, rules.programme.currency, asked, made_on, qualified.document if qualified else None
    )


def _table(row: PolicyVersion) -> Table:
    policy = policy_versions.parsed(row)
    if not isinstance(policy, Table):
        raise Malformed("not_a_table", f"The policy {row.name} is a graph; programmes are judged by tables.")
    return policy
