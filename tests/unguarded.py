"""Emptying tables between tests, although the database refuses to delete what was submitted."""

from django.db import connection

TABLE = "records_policyversion"


def unguarded(statements: list[str]) -> list[str]:
    """Return ``statements`` with the triggers of policies out of the way while they run."""
    if not statements:
        return statements
    if connection.vendor == "postgresql":
        return [
            f"ALTER TABLE {TABLE} DISABLE TRIGGER USER",
            *statements,
            f"ALTER TABLE {TABLE} ENABLE TRIGGER USER",
        ]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = %s", [TABLE]
        )
        triggers = cursor.fetchall()
    return [
        *(f"DROP TRIGGER {name}" for name, _sql in triggers),
        *statements,
        *(sql for _name, sql in triggers),
    ]
