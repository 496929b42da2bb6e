"""A chain of validators for the tests of nodes: four operators who decide on blocks, and one who does not."""

import json
from collections.abc import Sequence

from tallystick.contracts import nodes
from tallystick.ledger.block import Result
from tests.contracts.chain import CHAIN, Chain, Key, founder

A, B, C, D, E, LENDER = (Key(number) for number in range(1, 7))
FOUR = [A, B, C, D]
#: Operators of a larger network, the four first.
MANY = [*FOUR, *(Key(number) for number in range(1000, 1100))]
#: The consensus key of each operator's node, and one to spare.
OF = {key: Key(key.number + 100) for key in (A, B, C, D, E)}
SPARE = Key(200)


def founding_node(
    operator: Key, consensus: Key, power: int = 1, endpoint: str | None = None
) -> dict[str, object]:
    named = {"operator": operator.public, "consensus_key": consensus.public, "node_id": node_id(consensus)}
    return named | {"power": power} | ({} if endpoint is None else {"endpoint": endpoint})


def node_id(consensus: Key) -> str:
    """Return a node id for a test's node; CometBFT makes it from a key of its own."""
    return f"{consensus.number:040x}"


def registration(address: str, consensus: Key, **change: object) -> dict[str, object]:
    possession = consensus.sign(nodes.register_statement(CHAIN, address, consensus.public))
    named = {"consensus_key": consensus.public, "possession": possession, "node_id": node_id(consensus)}
    return named | change


def network(powers: Sequence[int] = (1, 1, 1, 1)) -> Chain:
    """Return a chain of as many validators as there are powers, of an operator E and a lender."""
    operators = MANY[: len(powers)]
    members = [*(founder(key, "operator") for key in dict.fromkeys([*operators, E]))]
    validators = [
        founding_node(key, Key(key.number + 100), power) for key, power in zip(operators, powers, strict=True)
    ]
    return Chain([*members, founder(LENDER, "lender")], validators)


def appoint(chain: Chain, voter: Key, subject: Key, power: int) -> Result:
    return chain.send(voter, "nodes", "appoint", {"member": subject.address, "power": power})


def outcome(result: Result) -> tuple[bool, int, int]:
    assert result.code == "ok", result
    told = json.loads(result.data)
    return told["took_effect"], told["agreed_power"], told["total_power"]


def register(chain: Chain, key: Key, consensus: Key | None = None, **change: object) -> str:
    arguments = registration(key.address, consensus or OF[key], **change)
    return chain.send(key, "nodes", "register", arguments).code


def powers(chain: Chain) -> dict[str, int]:
    return {each.member: each.power for each in nodes.validators_from_state(chain)}


def schedule(chain: Chain, voter: Key, version: int, height: int) -> Result:
    return chain.send(voter, "nodes", "schedule_upgrade", {"version": version, "height": height})


def suspend(chain: Chain, sender: Key, target: Key) -> str:
    return chain.send(sender, "membership", "suspend", {"address": target.address}).code
