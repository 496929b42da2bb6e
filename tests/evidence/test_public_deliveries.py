"""Public deliveries of 61 suppliers as history on a ledger: queried, and held against the file itself."""

import json
from collections import defaultdict
from datetime import UTC, datetime
from decimal import Decimal

import msgspec
import polars
import pytest

from tallystick.contracts import countersignature, delivery, membership, qualification
from tallystick.contracts.qualification import DAY_MS
from tallystick.evidence.assessment import Assessment, Basis, Figure
from tallystick.evidence.delivery import Medium, delivery_statement, media_hash
from tallystick.evidence.tiers import delivery_tier, supplier_tier
from tallystick.evidence.verification import Fetch, Found, KeyOwner, verify_record
from tallystick.policy.table import parse
from tallystick.services import catalogue
from tests.contracts.chain import CHAIN, Chain, Key, founder, join
from tests.parts import missing

pytestmark = pytest.mark.shared_data

OPERATOR, LENDER, BUYER = Key(1), Key(2), Key(3)
SUPPLIERS = 61
SAMPLED = 10
DAYS = 365


def day(text):
    """A date such as 2-Jun-06, as milliseconds since 1970 UTC."""
    return int(datetime.strptime(text, "%d-%b-%y").replace(tzinfo=UTC).timestamp()) * 1000


@pytest.fixture(scope="module")
def deliveries(shared_data):
    """Lines by vendor, oldest first: number, day, pieces (packs x units) and value to the cent."""
    path = shared_data / "scms_delivery" / "deliveries_until_2012.parquet"
    if not path.exists():
        missing("the public deliveries are missing")
    by_vendor = defaultdict(list)
    names = (
        "ID", "Vendor", "Delivered to Client Date", "Line Item Quantity", "Unit of Measure (Per Pack)",
        "Line Item Value",
    )  # fmt: skip
    for number, vendor, text, quantity, units, value in polars.read_parquet(path).select(names).iter_rows():
        pieces, cents = quantity * units, Decimal(str(value)).quantize(Decimal("0.01"))
        by_vendor[vendor].append((day(text), number, pieces, cents))
    assert len(by_vendor) == SUPPLIERS
    return {vendor: sorted(lines) for vendor, lines in sorted(by_vendor.items())}


def medium(number):
    return Medium("document", f"{number:064x}", "", 1000 + number, f"https://media.example/{number}")


def loaded(chosen):
    """A ledger with the chosen lines as countersigned records; the suppliers' keys by vendor."""
    chain = Chain([founder(OPERATOR, "operator"), founder(LENDER, "lender"), founder(BUYER, "enterprise")])
    keys = {vendor: Key(1000 + at) for at, vendor in enumerate(chosen)}
    for at, key in enumerate(keys.values()):
        joined = join(key, "enterprise", name=f"Supplier {at}")
        assert chain.send(OPERATOR, "membership", "join", joined).code == "ok"
    chain.time = min(lines[0][0] for lines in chosen.values())
    ordered = sorted((line, vendor) for vendor, lines in chosen.items() for line in lines)
    for (at, number, _pieces, _value), vendor in ordered:
        chain.time = max(chain.time, at)
        key, media = keys[vendor], (medium(number),)
        ask = countersignature.Ask(BUYER.address, media, chain.time + DAY_MS)
        request = json.loads(chain.send(key, "countersignature", "request", ask).data)["address"]
        statement = delivery_statement(CHAIN, request, key.address, BUYER.address, media_hash(media))
        sign = countersignature.Sign(key.address, request, BUYER.public, BUYER.sign(statement))
        assert chain.send(BUYER, "countersignature", "sign", sign).code == "ok"
        assert chain.send(key, "delivery", "record", delivery.Record(key.address, request)).code == "ok"
    return chain, keys


def assessed(pieces, value):
    def figure(text):
        return Figure(text, Basis.DOCUMENTS, "The public file says so.")

    return Assessment("public/1", figure("good"), figure(str(pieces)), figure(str(value)))


def tier_by_hand(pieces, value):
    """The shipped limits, written down again."""
    for tier, more_pieces, more_value in ((1, 10_000, 30_000), (2, 10_000, 10_000), (3, 1_000, 3_000)):
        if pieces > more_pieces and value > more_value:
            return tier
    return None


def check(chosen):
    chain, keys = loaded(chosen)
    by_number = {line[1]: line for lines in chosen.values() for line in lines}
    table, judging = (parse(catalogue.policy_document(f"{one}-tier")) for one in ("delivery", "supplier"))
    published = chain.send(LENDER, "qualification", "publish", qualification.Publish(DAYS, 400))
    contract = json.loads(published.data)["contract"]
    use = membership.key_use_from_state(chain.get, BUYER.public)
    # The public file is older than the chain's first block: the founder's key counts from then on.
    owner = KeyOwner(use.address, min(use.used_from, min(line[0] for line in by_number.values())))
    in_period = 0
    for vendor, lines in chosen.items():
        # Half a day off, so that the seconds of the blocks carry no record across the start of the period.
        chain.time = lines[-1][0] + 10 * DAY_MS + DAY_MS // 2
        asked = chain.send(
            LENDER, "qualification", "query", qualification.Query(contract, keys[vendor].address)
        )
        answer = msgspec.json.decode(asked.data, type=qualification.Answer)
        since = chain.time - DAYS * DAY_MS
        assert answer.since == since
        due = [line for line in lines if line[0] >= since]
        assert len(answer.records) + answer.left_out == len(due)
        found, tiers = [], []
        for given in answer.records:
            record = delivery.record_from_state(chain.get, keys[vendor].address, given.address)
            (file,) = record.media
            fetched = Found(Fetch.FETCHED, file.sha256, file.size_bytes)
            assert verify_record(CHAIN, record, owner, [fetched], given.record_hash).counts
            line = by_number[int(file.sha256, 16)]
            found.append(line[1])
            tiers.append(delivery_tier(table, assessed(line[2], line[3])).tier)
        assert sorted(found) == sorted(line[1] for line in due[len(due) - len(found) :])
        assert tiers == [tier_by_hand(*by_number[number][2:]) for number in found]
        judged = supplier_tier(judging, tiers, 0).tier
        best = [n for n in (1, 2, 3) if sum(1 for t in tiers if t and t <= n) * 10 >= len(tiers) * 8]
        assert judged == (best[0] if best and len(tiers) >= 3 else None)
        in_period += len(found)
    return in_period


def test_the_last_deliveries_of_every_supplier_are_queried_and_come_to_the_same_tiers(deliveries):
    in_period = check({vendor: lines[-SAMPLED:] for vendor, lines in deliveries.items()})
    assert in_period > SUPPLIERS


@pytest.mark.slow
def test_every_delivery_of_every_supplier_is_queried(deliveries):
    assert check(deliveries) > 1000
