"""One caller for each person of the tests' consortium, and a filled-in application to act on."""

from dataclasses import dataclass

import pytest

from tallystick.records.models import Application
from tallystick.services.installation import Installation
from tests.api.callers import Caller, caller
from tests.installation import Consortium, filled_in, house, members

__all__ = ["house", "members"]


@dataclass(frozen=True)
class Callers:
    """Software of both suppliers and both lenders, and somebody without a token."""

    owner: Caller
    other_owner: Caller
    officer: Caller
    other_officer: Caller
    nobody: Caller


@pytest.fixture
def callers(house: Installation, members: Consortium) -> Callers:
    return Callers(
        owner=caller(house, members.owner),
        other_owner=caller(house, members.other_owner),
        officer=caller(house, members.officer),
        other_officer=caller(house, members.other_officer),
        nobody=Caller(),
    )


@pytest.fixture
def draft(house: Installation, members: Consortium) -> Application:
    """A supplier's application, filled in and with both books, not yet submitted."""
    return filled_in(house, members)
