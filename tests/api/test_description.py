"""The OpenAPI document is true: requests made from it get answers that it describes."""

from collections.abc import Iterator

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import GenerationMode
from schemathesis.specs.openapi.checks import positive_data_acceptance

from tallystick.api.routes import api
from tallystick.records.models import Application
from tallystick.server.wsgi import application
from tallystick.services.installation import Installation
from tests.api.conftest import Callers
from tests.installation import Consortium

ADDRESS = "/api/openapi.json"
MODES = (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)


@pytest.fixture
def described(draft: Application) -> Iterator[schemathesis.BaseSchema]:
    """The document as the running product serves it, with something in the database to find."""
    # As Django's own test client does: a connection that the test holds open stays open.
    signals = (request_started, request_finished)
    for signal in signals:
        signal.disconnect(close_old_connections)
    yield schemathesis.openapi.from_wsgi(ADDRESS, application)
    for signal in signals:
        signal.connect(close_old_connections)


@pytest.mark.parametrize("mode", MODES, ids=lambda mode: mode.value)
def test_every_answer_is_as_described(
    mode: GenerationMode,
    described: schemathesis.BaseSchema,
    callers: Callers,
    house: Installation,
    members: Consortium,
    draft: Application,
) -> None:
    """Well-formed requests and requests that the document forbids; each answer by status, type and shape."""
    there = {
        "reference": draft.reference,
        "programme_id": members.lender.programmes.get().pk,
        "height": 0,
        "address": members.lender.address,
        "transaction_hash": house.ledger.block(1).entries[0].data_hash,
    }
    token = {"Authorization": f"Bearer {callers.owner.token}"}
    asked = 0
    for found in described.get_all_operations():

        @given(case=found.ok().as_strategy(generation_mode=mode))
        @settings(
            max_examples=10,
            deadline=None,
            derandomize=True,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        def check(case: schemathesis.Case) -> None:
            nonlocal asked
            asked += 1
            if mode is GenerationMode.POSITIVE:
                case.path_parameters.update(
                    {name: there.get(name, it) for name, it in case.path_parameters.items()}
                )
            # A request that fits the document may still be refused: no such programme, a wrong check digit.
            case.call_and_validate(headers=token, excluded_checks=[positive_data_acceptance])

        check()
    assert asked > 100


def test_every_operation_has_a_name_of_its_own_and_is_described() -> None:
    operations = [
        operation for path in api.get_openapi_schema()["paths"].values() for operation in path.values()
    ]
    names = [operation["operationId"] for operation in operations]
    assert len(set(names)) == len(names)
    for operation in operations:
        assert operation["summary"], operation
        assert operation["description"], operation
        assert operation["security"] == [{"AccessTokenAuth": []}, {"BrowserSessionAuth": []}]
        assert operation["responses"][401]["content"] == {
            "application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}
        }
