"""The OpenAPI document is true: requests made from it get answers that it describes."""

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, settings

from tallystick.records.models import Application
from tallystick.server.wsgi import application
from tests.api.conftest import Callers

ADDRESS = "/api/openapi.json"


@pytest.fixture
def described(draft: Application) -> schemathesis.BaseSchema:
    """The document as the running product serves it, with something in the database to find."""
    return schemathesis.openapi.from_wsgi(ADDRESS, application)


schema = schemathesis.pytest.from_fixture("described")


@schema.parametrize()
@settings(
    max_examples=8,
    deadline=None,
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
def test_every_answer_is_as_described(case: schemathesis.Case, callers: Callers) -> None:
    case.call_and_validate(headers={"Authorization": f"Bearer {callers.owner.token}"})
