"""``tallystick evidence``: a record is proved offline, and any byte that was changed is named."""

import base64
import json
from hashlib import sha256

import msgspec
import pytest
from click.testing import CliRunner

from tallystick.bootstrap import evidence_media
from tallystick.bootstrap.evidence_bundles import PROOFS, verify_evidence
from tallystick.capture.media_store import MediaStore
from tallystick.cli.main import tallystick
from tallystick.contracts import countersignature, delivery, signing_keys
from tallystick.contracts.catalogue import CONTRACTS
from tallystick.engines.embedded import EmbeddedEngine, Limits
from tallystick.errors import Malformed
from tallystick.evidence.delivery import delivery_statement, media_hash
from tallystick.ledger.genesis import compose_genesis
from tallystick.ledger.transaction import Body, assemble, signing_bytes
from tallystick.values import canonical
from tests.contracts.chain import CHAIN, START, Key, founder
from tests.engines.embedded import SystemClock
from tests.evidence.deliveries import BODIES, BUYER, MEDIA, SUPPLIER
from tests.ledger.notebook import PROPOSER_PUBLIC_KEY, sign_header

BROWSER = Key(60)


class Ledger:
    """A ledger file with two records: one signed with the account's key, one with a registered key."""

    due_at = START + 400 * 86_400_000

    def __init__(self, folder):
        self.path, self.genesis = folder / "ledger.sqlite3", folder / "genesis.json"
        founders = [founder(SUPPLIER, "enterprise", "operator"), founder(BUYER, "enterprise", "lender")]
        document = compose_genesis(CHAIN, START, PROPOSER_PUBLIC_KEY, {"membership": {"members": founders}})
        self.genesis.write_bytes(document)
        self.sequences = {}
        self.engine = EmbeddedEngine.create(
            self.path, document, CONTRACTS, sign_header, PROPOSER_PUBLIC_KEY, clock=SystemClock(),
            limits=Limits(block_period_ms=1),
        )  # fmt: skip
        possession = BROWSER.sign(signing_keys.key_statement(CHAIN, BUYER.address, BROWSER.public))
        self.send(BUYER, "signing_keys", "register", signing_keys.Register(BROWSER.public, possession))
        self.records = [self.record(BUYER, MEDIA), self.record(BROWSER, MEDIA[:1])]
        self.engine.close()

    def record(self, key, media):
        """Let the buyer sign a delivery with ``key``, store its record, and return where it stands."""
        ask = countersignature.Ask(BUYER.address, media, self.due_at)
        request = self.send(SUPPLIER, "countersignature", "request", ask)["address"]
        statement = delivery_statement(CHAIN, request, SUPPLIER.address, BUYER.address, media_hash(media))
        signed = countersignature.Sign(SUPPLIER.address, request, key.public, key.sign(statement))
        self.send(BUYER, "countersignature", "sign", signed)
        return self.send(SUPPLIER, "delivery", "record", delivery.Record(SUPPLIER.address, request))[
            "address"
        ]

    def send(self, key, contract, action, arguments):
        sequence = self.sequences[key] = self.sequences.get(key, 0) + 1
        body = Body(
            action=action,
            arguments=canonical.encode(arguments.as_arguments()),
            chain_id=CHAIN,
            contract=contract,
            sender=key.address,
            sequence=sequence,
        )
        wire = assemble(body, bytes.fromhex(key.sign(signing_bytes(body))))
        receipt = self.engine.wait(self.engine.submit(wire))
        assert receipt.code == "ok", receipt
        return msgspec.json.decode(receipt.data or b"{}")


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    return Ledger(tmp_path_factory.mktemp("evidence"))


def run(*arguments):
    done = CliRunner().invoke(tallystick, ["evidence", *map(str, arguments)])
    return done.exit_code, done.stdout, done.stderr


@pytest.fixture(scope="module")
def bundle(written, tmp_path_factory):
    return exported(written, written.records[0], tmp_path_factory.mktemp("bundle") / "record.json")


def exported(written, record, out, *more):
    code, _, errors = run(
        "export", record, "--supplier", SUPPLIER.address, "--out", out, "--path", written.path, *more
    )
    assert (code, errors) == (0, "")
    return out


@pytest.fixture
def media(tmp_path):
    for number, body in enumerate(BODIES[:2], start=1):
        (tmp_path / f"{number}.bin").write_bytes(body)
    (tmp_path / sha256(BODIES[2]).hexdigest()).write_bytes(BODIES[2])
    return tmp_path


@pytest.mark.parametrize("number", [0, 1], ids=["account key", "registered key"])
def test_a_record_is_proved_with_the_genesis_document_alone(written, number, tmp_path):
    out = exported(written, written.records[number], tmp_path / "record.json")
    code, text, errors = run("verify", out, "--genesis", written.genesis, "--json")
    assert (code, errors) == (0, "")
    answer = json.loads(text)
    assert answer["holds"]
    assert answer["record"]["address"] == written.records[number]
    assert [check["outcome"] for check in answer["checks"][:4]] == ["passed"] * 4
    assert answer["not_made"] == [f"medium:{at}:not_fetched" for at in range(1, 4 if number == 0 else 2)]
    code, text, _ = run("verify", out, "--genesis", written.genesis)
    assert code == 0
    assert "[holds]    The buyer's signature over this delivery holds." in text


def test_the_files_are_checked_where_they_are_at_hand(written, bundle, media):
    code, text, _ = run("verify", bundle, "--genesis", written.genesis, "--media", media, "--json")
    assert code == 0
    names = [check["name"] for check in json.loads(text)["checks"][4:]]
    # Nobody has handed over the keys of the two encrypted files; the open one is checked whole.
    assert names == ["medium:1:key_not_released", "medium:2:key_not_released", "medium:3"]


@pytest.mark.parametrize(
    ("name", "body", "failed"),
    [
        ("1.bin", b"a photograph, encrypteD", "medium:1:changed"),
        ("2.bin", b"short", "medium:2:size"),
        ("2.bin", None, "medium:2:missing"),
    ],
)
def test_a_file_that_was_changed_is_named(written, bundle, media, name, body, failed):
    (media / name).unlink() if body is None else (media / name).write_bytes(body)
    code, text, _ = run("verify", bundle, "--genesis", written.genesis, "--media", media, "--json")
    assert code == 2
    assert '"evidence_does_not_hold"' in text
    assert json.dumps(failed) in text


def kept_media(home):
    """A media store with the record's encrypted files, as an installation keeps them."""
    store = MediaStore(home / "media")
    for body in BODIES[:2]:
        store.put_ciphertext(sha256(body).hexdigest(), [body])


def test_a_bundle_with_its_files_is_checked_from_itself_alone(written, tmp_path, monkeypatch):
    kept_media(tmp_path)
    monkeypatch.setenv("TALLYSTICK_HOME", str(tmp_path))
    out = exported(written, written.records[0], tmp_path / "whole.json", "--with-media")
    code, text, errors = run("verify", out, "--genesis", written.genesis, "--json")
    assert (code, errors) == (0, "")
    names = [check["name"] for check in json.loads(text)["checks"][4:]]
    assert names == ["medium:1:key_not_released", "medium:2:key_not_released", "medium:3:not_fetched"]
    document, genesis = json.loads(out.read_bytes()), written.genesis.read_bytes()
    assert document["media"].keys() == {"1", "2"}
    other = base64.b64encode(b"x" * len(BODIES[0])).decode()
    for part, failed in (
        ({**document["media"], "1": other}, "medium:1:changed"),
        ({**document["media"], "2": base64.b64encode(b"short").decode()}, "medium:2:size"),
        ({"9": other}, "media"),
        ({}, "media"),
        ({"1": "no base64"}, "media"),
    ):
        assert failure(sealed({**document, "media": part}), genesis) == failed
    data = out.read_bytes().rstrip(b"\n")
    at = data.index(document["media"]["1"].encode())
    assert failure(data[:at] + b"A" + data[at + 1 :], genesis) == "medium:1:changed"


def test_a_bundle_holds_files_up_to_a_limit_and_says_when_one_is_gone(written, tmp_path, monkeypatch):
    monkeypatch.setenv("TALLYSTICK_HOME", str(tmp_path))
    given = ("export", written.records[0], "--supplier", SUPPLIER.address, "--path", written.path, "--json")
    code, text, _ = run(*given, "--out", tmp_path / "a.json", "--with-media")
    assert (code, json.loads(text)["error"]["code"]) == (2, "media_missing")
    monkeypatch.setattr(evidence_media, "MAX_BUNDLED_BYTES", 10)
    code, text, _ = run(*given, "--out", tmp_path / "a.json", "--with-media")
    assert (code, json.loads(text)["error"]["code"]) == (2, "media_too_large")
    assert not (tmp_path / "a.json").exists()


def failure(data, genesis):
    with pytest.raises(Malformed) as caught:
        verify_evidence(data, genesis)
    assert caught.value.code == "evidence_does_not_hold"
    return caught.value.details["failed"]


NAMES = {"bundle", "digest", *PROOFS}


def test_any_byte_that_is_changed_is_named(written, bundle):
    data, genesis = bundle.read_bytes().rstrip(b"\n"), written.genesis.read_bytes()
    stride = 5
    named = set()
    for at in range(0, len(data), stride):
        named.add(failure(data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :], genesis))
    assert named <= NAMES
    assert named >= {"bundle", *PROOFS}


@pytest.mark.slow
def test_every_byte_that_is_changed_is_named(written, bundle):
    data, genesis = bundle.read_bytes().rstrip(b"\n"), written.genesis.read_bytes()
    for at in range(len(data)):
        for flip in (1, 0x20):
            changed = data[:at] + bytes([data[at] ^ flip]) + data[at + 1 :]
            assert failure(changed, genesis) in NAMES


def sealed(document):
    """A bundle whose digest fits, as a forger would write it."""
    rest = {name: part for name, part in document.items() if name != "digest"}
    return canonical.encode({**rest, "digest": canonical.digest(rest)})


def test_a_forger_who_fits_the_digest_is_caught_by_the_proof_in_every_field(written, bundle):
    genesis = written.genesis.read_bytes()
    document = json.loads(bundle.read_bytes())
    for name in PROOFS:
        for field, value in document[name].items():
            if isinstance(value, str) and value:
                other = ("A" if value[0] != "A" else "B") + value[1:]
            elif isinstance(value, int):
                other = value + 1
            elif isinstance(value, dict):
                other = {**value, "time": value["time"] + 1}
            else:
                other = [*value, value[0] if value else "00" * 32]
            forged = {**document, name: {**document[name], field: other}}
            assert failure(sealed(forged), genesis) == name, field


def test_proofs_of_another_record_do_not_serve(written, bundle, tmp_path):
    genesis = written.genesis.read_bytes()
    document = json.loads(bundle.read_bytes())
    other = json.loads(exported(written, written.records[1], tmp_path / "other.json").read_bytes())
    caught = {name: failure(sealed({**document, name: other[name]}), genesis) for name in PROOFS}
    assert caught == {"record": "request", "request": "request", "key": "key", "transaction": "transaction"}


def test_what_is_no_bundle_and_another_genesis_are_refused(written, bundle):
    genesis = written.genesis.read_bytes()
    document = json.loads(bundle.read_bytes())
    for data in (
        b"",
        b"[]",
        b"{}",
        b"null",
        sealed({**document, "more": 1}),
        sealed({**document, "record": 1}),
    ):
        assert failure(data, genesis) in NAMES
    members = {"membership": {"members": [founder(SUPPLIER, "operator")]}}
    stranger = compose_genesis(CHAIN, START, bytes.fromhex(Key(70).public), members)
    assert failure(bundle.read_bytes(), stranger) == "record"


def test_a_record_that_is_not_there_is_not_exported(written, tmp_path):
    out = tmp_path / "none.json"
    for name in ("99-0", "no-place"):
        code, text, _ = run(
            "export", name, "--supplier", SUPPLIER.address, "--out", out, "--path", written.path, "--json"
        )
        assert code == 2
        assert "unknown_record" in text
        assert not out.exists()
