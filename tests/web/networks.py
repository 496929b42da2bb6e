"""A ledger that looks as a network's does: four validators, some silent, and a first block nobody signs."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from tallystick.bootstrap import parts
from tallystick.contracts.membership import KeyUse
from tallystick.contracts.membership.office import CONSENSUS_KEY_PREFIX
from tallystick.errors import NotFound
from tallystick.ledger.answers import Assent, Certificate, Validator
from tallystick.ledger.protocols import Engine
from tallystick.services.installation import Installation
from tallystick.values.identifiers import account_address

KEYS = [bytes([number]) * 32 for number in range(4)]
POWERS = (40, 30, 20, 10)


class Network:
    """The tests' own ledger, with the answers about validators that a network gives."""

    def __init__(self, ledger: Engine, signed: int, rounds: int, run_by: Sequence[str]) -> None:
        self._ledger, self._signed, self._rounds, self._run_by = ledger, signed, rounds, run_by

    def __getattr__(self, name: str) -> Any:
        return getattr(self._ledger, name)

    def validators(self) -> tuple[Validator, ...]:
        found = [
            Validator(account_address(key), key.hex(), power) for key, power in zip(KEYS, POWERS, strict=True)
        ]
        return tuple(sorted(found, key=lambda each: each.address))

    def scan(self, prefix: str, limit: int = 1000) -> list[tuple[str, bytes]]:
        if prefix != CONSENSUS_KEY_PREFIX:
            return self._ledger.scan(prefix, limit)
        registered = zip(KEYS, self._run_by, strict=False)
        return [(prefix + key.hex(), KeyUse(member, 1).encoded()) for key, member in registered]

    def certificate(self, height: int) -> Certificate:
        if height == 0:
            raise NotFound("unknown_block", "There is no certificate of block 0.")
        block_hash = self._ledger.certificate(height).block_hash
        assents = [
            Assent(account_address(key), power, "ab" * 64 if number < self._signed else "")
            for number, (key, power) in enumerate(zip(KEYS, POWERS, strict=True))
        ]
        return Certificate(height, block_hash, self._rounds, assents[0].address, tuple(assents))


@contextmanager
def network(
    house: Installation, *, signed: int = 3, rounds: int = 0, run_by: Sequence[str] = ()
) -> Iterator[Network]:
    """Let the pages read a network in which the first ``signed`` validators have signed every block.

    ``run_by`` names the members (account addresses) whose nodes the first validators are.
    """
    ledger = Network(house.ledger, signed, rounds, run_by)
    with parts.using(replace(house, ledger=ledger)):
        yield ledger
