"""Policy versions: withdrawn by two people, never deleted once submitted, moved only as they may move.

It takes the place of the trigger of ``the_store_of_policies``, which stays as it was for whoever reads what
held before.
"""

from typing import Final

import django.db.models.deletion
from django.apps.registry import Apps
from django.conf import settings
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

TABLE: Final = "records_policyversion"

#: What never changes after a row was made, and what only while it is a draft.
OF_THE_ROW: Final = ("id", "member_id", "name", "number", "author_id", "made_at")
OF_THE_DRAFT: Final = ("document", "version", "cases")
#: Stage -> what may follow.
MOVES: Final = {
    "draft": ("submitted", "withdrawn"),
    "submitted": ("approved", "rejected", "withdrawn"),
    "approved": ("withdrawn",),
}
#: Column -> the moves with which it is written; so it is written once, and by no other change.
WRITTEN_BY: Final = {
    "submitted_at": (("draft", "submitted"),),
    "decided_by_id": (("submitted", "approved"), ("submitted", "rejected")),
    "decided_at": (("submitted", "approved"), ("submitted", "rejected")),
    "in_force_from": (("submitted", "approved"),),
    "withdrawn_at": (("draft", "withdrawn"), ("submitted", "withdrawn"), ("approved", "withdrawn")),
    "withdrawn_by_id": (("draft", "withdrawn"), ("submitted", "withdrawn"), ("approved", "withdrawn")),
    "withdrawal_asked_by_id": (("approved", "approved"),),
    "withdrawal_asked_at": (("approved", "approved"),),
}
#: What a move must write.
NEEDED: Final = {
    "submitted": ("submitted_at",),
    "approved": ("submitted_at", "decided_by_id", "decided_at", "in_force_from"),
    "rejected": ("submitted_at", "decided_by_id", "decided_at"),
    "withdrawn": ("withdrawn_at",),
}


def _changed(column: str) -> str:
    return f"NEW.{column} IS DISTINCT FROM OLD.{column}"


def _moves(pairs: tuple[tuple[str, str], ...]) -> str:
    return " OR ".join(f"(OLD.stage = '{was}' AND NEW.stage = '{now}')" for was, now in pairs)


def broken() -> str:
    """Return the condition, in SQL, under which an update breaks a rule."""
    moves = tuple((was, now) for was, following in MOVES.items() for now in following)
    parts = [_changed(column) for column in OF_THE_ROW]
    parts += [f"(OLD.stage <> 'draft' AND {_changed(column)})" for column in OF_THE_DRAFT]
    parts.append(f"(NEW.stage <> OLD.stage AND NOT ({_moves(moves)}))")
    parts += [f"({_changed(column)} AND NOT ({_moves(pairs)}))" for column, pairs in WRITTEN_BY.items()]
    parts += [
        f"(NEW.stage = '{stage}' AND OLD.stage <> '{stage}' AND NEW.{column} IS NULL)"
        for stage, columns in NEEDED.items()
        for column in columns
    ]
    # Two people take an approved version out of force: one asked, another does it.
    parts.append(
        "(OLD.stage = 'approved' AND NEW.stage = 'withdrawn' AND (OLD.withdrawal_asked_by_id IS NULL"
        " OR NEW.withdrawn_by_id IS NULL OR NEW.withdrawn_by_id = OLD.withdrawal_asked_by_id))"
    )
    return " OR ".join(parts)


#: Trigger -> when it looks, and what it refuses.
TRIGGERS: Final = {
    "policy_version_is_kept": ("UPDATE", broken()),
    "policy_version_begins_as_a_draft": ("INSERT", "NEW.stage <> 'draft'"),
    "policy_version_is_not_deleted": ("DELETE", "OLD.stage <> 'draft'"),
}
_BEFORE: Final = "policy_version_is_kept"  # the trigger and the function of the_store_of_policies


def guard(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(f"DROP TRIGGER {_BEFORE} ON {TABLE}")
        schema_editor.execute(f"DROP FUNCTION {_BEFORE}()")
        schema_editor.execute(
            "CREATE FUNCTION policy_versions_refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
            " RAISE EXCEPTION USING MESSAGE = TG_NAME, ERRCODE = 'check_violation'; END $$"
        )
        for name, (when, condition) in TRIGGERS.items():
            schema_editor.execute(
                f"CREATE TRIGGER {name} BEFORE {when} ON {TABLE} FOR EACH ROW"
                f" WHEN ({condition}) EXECUTE FUNCTION policy_versions_refuse()"
            )
        schema_editor.execute(
            f"CREATE TRIGGER policy_versions_are_not_emptied BEFORE TRUNCATE ON {TABLE} FOR EACH STATEMENT"
            " EXECUTE FUNCTION policy_versions_refuse()"
        )
    else:
        schema_editor.execute(f"DROP TRIGGER {_BEFORE}")
        for name, (when, condition) in TRIGGERS.items():
            schema_editor.execute(
                f"CREATE TRIGGER {name} BEFORE {when} ON {TABLE} FOR EACH ROW"
                f" WHEN ({condition}) BEGIN SELECT RAISE(ABORT, '{name}'); END"
            )


class Migration(migrations.Migration):
    dependencies = [("records", "0006_what_passes_between_installations")]

    operations = [
        migrations.AddField(
            model_name="policyversion",
            name="withdrawal_asked_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        *(
            migrations.AddField(
                model_name="policyversion",
                name=name,
                field=models.ForeignKey(
                    blank=True,
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to=settings.AUTH_USER_MODEL,
                ),
            )
            for name in ("withdrawal_asked_by", "withdrawn_by")
        ),
        # Not turned back: a database that forgets who decided is not one to go back to.
        migrations.RunPython(guard),
    ]
