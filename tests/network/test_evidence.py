"""Evidence on a network: a record that validators agreed on is proved offline by the genesis file."""

import json
import time

import pytest

from tallystick.bootstrap import proving
from tallystick.bootstrap.evidence_bundles import PROOFS, export_evidence, verify_evidence
from tallystick.config import from_environment
from tallystick.contracts.catalogue import CONTRACTS
from tallystick.errors import Malformed
from tallystick.ledger.genesis import compose_genesis
from tests.cli.test_evidence import Ledger, sealed
from tests.contracts.chain import CHAIN, founder
from tests.engines import network
from tests.engines.cometbft.network import wait_until
from tests.evidence.deliveries import BUYER, MEDIA, SUPPLIER
from tests.ledger.notebook import GENESIS_TIME

pytestmark = pytest.mark.network
DAY_MS = 86_400_000


def write_genesis(document):
    network.write_genesis(document)
    founders = [founder(SUPPLIER, "enterprise", "operator"), founder(BUYER, "enterprise", "lender")]
    state = compose_genesis(CHAIN, GENESIS_TIME, b"", {"membership": {"members": founders}})
    document["chain_id"], document["app_state"] = CHAIN, json.loads(state)


class Agreed(Ledger):
    """A ledger of one validator with one record, signed by the buyer's account."""

    def __init__(self, folder):
        self.sequences, self.path = {}, folder / "ledger.sqlite3"
        self.due_at = time.time_ns() // 1_000_000 + 100 * DAY_MS
        self.engine = network.create(folder, CONTRACTS, write_genesis, CHAIN)
        self.records = [self.record(BUYER, MEDIA)]


class Kept:
    """The engine, which the export may close as often as it likes."""

    def __init__(self, engine):
        self._engine = engine

    def __getattr__(self, name):
        return getattr(self._engine, name)

    def close(self):
        pass


@pytest.fixture
def agreed(tmp_path, monkeypatch):
    made = Agreed(tmp_path)
    monkeypatch.setattr(proving, "_proving", lambda _settings, _path: Kept(made.engine))
    yield made
    made.engine.close()


def test_a_record_of_a_network_is_proved_offline_and_any_changed_part_is_named(agreed, tmp_path):
    settings = from_environment({"TALLYSTICK_HOME": str(tmp_path / "home")})
    (address,) = agreed.records
    data = wait_until(lambda: export_evidence(settings, agreed.path, SUPPLIER.address, address))
    genesis = agreed.engine.genesis_path.read_bytes()
    found = verify_evidence(data, genesis)
    assert (found.chain_id, found.record.address, found.verification.failed) == (CHAIN, address, ())
    document = json.loads(data)
    for name in PROOFS:
        assert document[name]["format"].startswith("tallystick/network-")
        header = document[name]["header"]
        forged = {**document, name: {**document[name], "header": {**header, "app_hash": "00" * 32}}}
        with pytest.raises(Malformed) as caught:
            verify_evidence(sealed(forged), genesis)
        assert caught.value.details["failed"] == name
    other = genesis.replace(CHAIN.encode(), b"another-chain")
    with pytest.raises(Malformed):
        verify_evidence(data, other)
