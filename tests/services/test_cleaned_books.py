"""The books that were judged are kept with what was done to them, and only the lender reads them again."""

from dataclasses import replace

import pytest

from tallystick.admission.cleaning import restore
from tallystick.errors import Corruption, NotFound
from tallystick.records.models import CleanedBooks
from tallystick.services import applications, assessment, cleaned_books
from tallystick.services.access import actor_of
from tallystick.services.books import opened
from tallystick.services.installation import Installation
from tests.installation import Consortium, filled_in


def test_cleaned_books_are_kept_and_read_again_by_the_lender_alone(
    house: Installation, members: Consortium
) -> None:
    application = filled_in(house, members)
    applications.submit(house, actor_of(members.owner), application.reference)
    officer = actor_of(members.officer)
    with pytest.raises(NotFound):
        cleaned_books.read(officer, application.reference)
    assessment.assess(house, officer, application.reference)
    kept = cleaned_books.read(officer, application.reference)
    with opened(house, application) as its:
        found = {finding.code: finding.count for finding in its.books.quality(its.enterprise)}
        received = sum(its.books.row_counts.values())
    counts = {entry["code"]: entry["count"] for entry in kept.report}
    assert counts["exact_duplicate"] == found["exact_duplicate"] == 2
    assert counts["stray_blanks"] == 1
    assert len(kept.rows) == received - 2
    assert len(restore(kept.rows, kept.log)) == received
    for other in (members.owner, members.other_officer, members.node_operator):
        with pytest.raises(NotFound):
            cleaned_books.read(actor_of(other), application.reference)
    with pytest.raises(NotFound):
        cleaned_books.read(replace(officer, member_id=None), application.reference)
    CleanedBooks.objects.update(log=b"PAR1")
    with pytest.raises(Corruption):
        cleaned_books.read(officer, application.reference)
