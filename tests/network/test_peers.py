"""Evidence between members on a network of real nodes: each has its own node, database, keys and site."""

import pytest

from tallystick.bootstrap.node.local import Founder
from tests.network.networks import Network, wait_until
from tests.services.peers import homes as made

CHAIN = "evidence-between-nodes"
#: A file is opened and a block is made, on a machine that does other work.
SOON_S = 90
KEYS = ("supplier", "buyer", "lender", "other")


class Members(Network):
    """Four validators: a supplier, a buyer and two lenders."""

    def found(self, chain_id, founders, *args, **kwargs):
        """Found the network with each member in its own role."""
        named = [Founder(each.key, each.name, (made.ROLES.get(each.key, "lender"),)) for each in founders]
        super().found(chain_id, named, *args, **kwargs)


@pytest.fixture
def homes(tmp_path):
    network = Members(tmp_path / "network", KEYS, CHAIN)
    try:
        network.start_all()
        addresses = {key: network.store(key).addresses()[0] for key in made.ROLES}
        with made.processes(network.folder, addresses, "") as running:
            yield running
    finally:
        network.close()


@pytest.mark.network
@pytest.mark.slow
def test_a_delivery_goes_from_one_node_to_the_buyers_and_by_consent_to_a_lenders(homes):
    supplier, buyer, lender = homes.supplier, homes.buyer, homes.lender
    sent = supplier.do("record", buyer=buyer.address, shades=[31, 32])
    wait_until(lambda: buyer.do("fetch") == 1, SOON_S, what="the delivery at the buyer's node")
    assert supplier.do("shown", request=sent["request"]) == buyer.do("shown", request=sent["request"])
    assert buyer.do("countersign", request=sent["request"]) in ("signed", "recorded")
    row = wait_until(lambda: _recorded(supplier, sent), SOON_S, what="the record at the supplier's node")

    def counts() -> bool | None:
        found = [each for each in lender.do("qualify", supplier=supplier.address) if each["address"] == row]
        return found[0]["counts"] if found else None

    assert wait_until(lambda: counts() is False, SOON_S, what="the record at the lender's node, closed")
    given = supplier.do("consent", lender=lender.address, references=[sent["reference"]])
    assert wait_until(counts, SOON_S, what="the files at the lender's node")
    supplier.do("take_back", consent_id=given)
    code = lender.do("ask", owner=supplier.address, kind="papers", request=sent["request"])
    assert code == "consent_withdrawn"
    assert wait_until(lambda: counts() is False, SOON_S, what="the withdrawal at the lender's node")


def _recorded(supplier, sent) -> str:
    return supplier.do("delivery", request=sent["request"])["record"]
