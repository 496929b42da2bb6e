"""References in the form prefix-year-sequence, given out once each."""

from django.db import transaction

from tallystick.records.models import Sequence


def next_reference(prefix: str, year: int) -> str:
    """Return the next reference, for example ``LA-2026-00042``.

    A number is used up even when the surrounding work fails after this commit; gaps are allowed,
    repeats are not.
    """
    name = f"{prefix}-{year}"
    with transaction.atomic():
        Sequence.objects.get_or_create(name=name)
        row = Sequence.objects.select_for_update().get(name=name)
        row.last += 1
        row.save(update_fields=["last"])
    return f"{name}-{row.last:05d}"
