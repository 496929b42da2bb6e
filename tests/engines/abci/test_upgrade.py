"""Members agree on new rules; every node runs them from the same block on, or stops before it."""

import json

import pytest

from tallystick.contracts.catalogue import CONTRACTS
from tallystick.contracts.nodes.rules import UPGRADE_NOTICE_BLOCKS
from tallystick.engines.wire import messages_pb2 as pb
from tallystick.ledger.genesis import compose_genesis
from tallystick.ledger.transaction import Body, assemble, signing_bytes
from tallystick.values import canonical
from tests.engines.abci.node import Node
from tests.ledger.notebook import ANNE, BERT, CHAIN, GENESIS_TIME, NOTEBOOK

OLD, NEW = {1: CONTRACTS}, {1: CONTRACTS, 2: (*CONTRACTS, NOTEBOOK)}
AT = UPGRADE_NOTICE_BLOCKS + 2


def genesis():
    """One member, Anne, whose node alone decides."""
    anne, bert = (bytes(one.key.verify_key).hex() for one in (ANNE, BERT))
    member = {"name": "Anne", "public_key": anne, "roles": ["operator"]}
    voting = {"operator": anne, "consensus_key": bert, "node_id": "0" * 40, "power": 1}
    parts = {"membership": {"members": [member]}, "nodes": {"nodes": [voting]}}
    return compose_genesis(CHAIN, GENESIS_TIME, b"", parts)


def schedule(sequence, height):
    body = Body(
        action="schedule_upgrade",
        arguments=canonical.encode({"version": 2, "height": height}),
        chain_id=CHAIN,
        contract="nodes",
        sender=ANNE.address,
        sequence=sequence,
    )
    return assemble(body, ANNE.key.sign(signing_bytes(body)).signature)


@pytest.fixture
def node(tmp_path):
    """A node on which version 2 is agreed on from block ``AT`` on, and which stands just before it."""
    made = Node(tmp_path, genesis=genesis(), versions=OLD)
    update = pb.ValidatorUpdate(pub_key=pb.PublicKey(ed25519=bytes(BERT.key.verify_key)), power=1)
    made.ask(init_chain=made.init_request(validators=[update]))
    ((code, data),) = made.block(schedule(1, AT))
    assert (code, json.loads(data)["took_effect"]) == (b"ok", True)
    while made.replica.height < AT - 2:
        assert not made.finalize().HasField("consensus_param_updates")
        made.commit()
    yield made
    made.close()


def test_consensus_is_told_the_version_with_the_block_before(node):
    assert node.ask(info=pb.RequestInfo()).app_version == 1
    assert node.finalize().consensus_param_updates.version.app == 2
    node.commit()
    assert node.ask(info=pb.RequestInfo()).app_version == 2


def test_a_node_that_does_not_know_the_rules_stops_before_the_block_and_keeps_the_last_one(node):
    node.block()
    refused = node.fail(finalize_block=node.finalize_request())
    assert (refused.code, refused.details["version"]) == ("upgrade_needed", 2)
    assert node.application.failure.code == "upgrade_needed"
    assert node.replica.height == AT - 1


def test_a_node_with_the_new_software_runs_old_blocks_by_the_old_rules_and_new_ones_by_the_new(node):
    call = ANNE.call(2, key="k", text="1")
    assert node.check(call).code == "unknown_contract"
    assert node.block(ANNE.call(2, key="k", text="1"))[0][0] == b"unknown_contract"
    node.versions = NEW
    node.reopen()
    later = ANNE.call(3, key="k", text="1")
    assert node.check(later) is None
    assert node.block(later)[0][0] == b"ok"
    assert node.replica.height == AT
