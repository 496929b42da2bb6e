"""Loan programmes: published by a lender, found by applicants, pinned by version to an application.

A policy that the lender's store has in force is taken from there, whatever text comes with the programme: a
version of the programme pins the texts, so what comes into force makes a new version of the programme.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from django.db import transaction

from tallystick.errors import Malformed, NotFound
from tallystick.lending.policies import check_policies
from tallystick.lending.programme import Programme, parse_programme
from tallystick.policy.graph import Graph
from tallystick.policy.table import Table, parse
from tallystick.records.models import Member
from tallystick.records.models import Programme as ProgrammeRow
from tallystick.services import policy_versions
from tallystick.services.installation import Installation
from tallystick.values import canonical


@dataclass(frozen=True)
class Rulebook:
    """A programme with every policy table it names, in the versions that were published together."""

    programme: Programme
    tables: Mapping[str, Table]


def publish(
    installation: Installation, lender: Member, document: bytes, policies: Mapping[str, bytes]
) -> ProgrammeRow:
    """Make ``document`` the lender's active version of its programme; the same version twice is one.

    Raises:
        Malformed: ``malformed_programme``, ``malformed_policy``, ``bad_cell``; ``missing_policy`` or
            ``unfit_policy`` when the tables do not fit the programme; ``not_a_lender``.
        Conflict: ``policy_not_effective`` when a table starts later.
    """
    if not lender.is_lender:
        raise Malformed("not_a_lender", f"{lender.name} is not a lender.")
    programme = parse_programme(document)
    now = installation.clock.now()
    stored = policy_versions.all_in_force(lender.pk, now)
    policies = {**policies, **{name: row.document.encode() for name, row in stored.items()}}
    tables = {name: parse(policies[name]) for name in programme.policies if name in policies}
    check_policies(programme, tables, now.date())
    pinned = {name: policies[name].decode() for name in programme.policies}
    versions = {name: table.version for name, table in tables.items()}
    version = canonical.digest({"programme": programme.version, "policies": versions})
    with transaction.atomic():
        same = ProgrammeRow.objects.select_for_update().filter(lender=lender, slug=programme.id)
        active = same.filter(retired_at=None).first()
        if active is not None and active.version == version:
            return active
        same.filter(retired_at=None).update(retired_at=now)
        row, _ = ProgrammeRow.objects.update_or_create(
            lender=lender,
            slug=programme.id,
            version=version,
            defaults={
                "document": document.decode(),
                "policies": pinned,
                "active_from": now,
                "retired_at": None,
            },
        )
    return row


def current(installation: Installation, row: ProgrammeRow) -> ProgrammeRow:
    """Return the active version of a programme with the policies that are in force now, made if need be.

    Raises:
        Malformed, Conflict: as ``publish``.
    """
    stored = policy_versions.all_in_force(row.lender_id, installation.clock.now())
    if all(text == stored[name].document for name, text in row.policies.items() if name in stored):
        return row
    pinned = {name: text.encode() for name, text in row.policies.items()}
    return publish(installation, row.lender, row.document.encode(), pinned)


def refresh_all(installation: Installation, lender_id: int) -> None:
    """Give every active programme of a lender the policies that are in force now."""
    for row in ProgrammeRow.objects.select_related("lender").filter(lender_id=lender_id, retired_at=None):
        current(installation, row)


def check_with(row: ProgrammeRow, policy: Table | Graph) -> None:
    """Check that the programme can be judged by ``policy`` in place of its own of that name, if it has one.

    Raises:
        Malformed: ``unfit_policy``.
    """
    if policy.name not in row.policies:
        return
    if not isinstance(policy, Table):
        raise Malformed("unfit_policy", f"The policy {policy.name} must be a table.", policy=policy.name)
    rules = rulebook(row)
    check_policies(rules.programme, {**rules.tables, policy.name: policy}, date.max)


def find_active(programme_id: int) -> ProgrammeRow:
    """Return an active programme by its row.

    Raises:
        NotFound: ``unknown_programme``.
    """
    row = ProgrammeRow.objects.select_related("lender").filter(pk=programme_id, retired_at=None).first()
    if row is None:
        raise NotFound("unknown_programme", "There is no such loan programme, or it is no longer offered.")
    return row


def rulebook(row: ProgrammeRow) -> Rulebook:
    """Return the programme and tables of a published version; parsed once per process and version."""
    return _parsed(row.document, tuple(sorted(row.policies.items())))


@lru_cache(maxsize=64)
def _parsed(document: str, policies: tuple[tuple[str, str], ...]) -> Rulebook:
    tables = {name: parse(text.encode()) for name, text in policies}
    return Rulebook(parse_programme(document.encode()), tables)
