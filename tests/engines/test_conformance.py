"""Every engine does what every engine must do."""

import pytest

from tests.engines import embedded, network
from tests.engines.conformance import CONFORMANCE

ENGINES = {
    "embedded": lambda folder: embedded.create(folder / "ledger.sqlite3"),
    "embedded with a verifier process": lambda folder: embedded.create(
        folder / "ledger.sqlite3", verifiers=1
    ),
    "network": network.create,
}


@pytest.mark.parametrize("engine_name", ENGINES)
@pytest.mark.parametrize("check", CONFORMANCE, ids=lambda check: check.__name__)
def test_engine(engine_name, check, tmp_path):
    engine = ENGINES[engine_name](tmp_path)
    try:
        check(engine)
    finally:
        engine.close()
