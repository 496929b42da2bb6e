"""Load: members who open loan cases by way of their own nodes, and keep what was answered as committed."""

import threading
import time

from tallystick.errors import Rejection, Unavailable
from tallystick.ledger.transaction import parse, transaction_hash
from tests.network.anchors import opening

OVERTAKEN = {"transaction_replayed", "sequence_gap"}
PAUSE_S = 0.15
RETRY_S = 0.25
#: How long what was begun may take to be settled when the load ends.
END_S = 40


class Load:
    """One thread for each member; the next transaction is signed when the last one has its receipt.

    As the outbox does, a thread sends the very same bytes until they are answered as committed.

    Attributes:
        acknowledged: receipts, by transaction hash.
        failures: what went wrong in a thread.
    """

    def __init__(self, network, keys):
        self._network = network
        self._ends = threading.Event()
        self._gives_up = threading.Event()
        self.acknowledged, self.failures = {}, []
        begins = {key: opening(network, key) for key in keys}
        self._threads = [
            threading.Thread(target=self._run, args=(key, parse(wire).body.sequence), daemon=True)
            for key, wire in begins.items()
        ]

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.end()

    def end(self):
        """Let each thread settle what it has begun; afterwards nothing is sent."""
        self._ends.set()
        deadline = time.monotonic() + END_S
        for thread in self._threads:
            thread.join(max(0, deadline - time.monotonic()))
        if any(thread.is_alive() for thread in self._threads):
            self.failures.append(f"a transaction was not settled {END_S} s after the last fault")
        self._gives_up.set()
        for thread in self._threads:
            thread.join()

    def _run(self, key, sequence):
        try:
            engine = self._network.engine(key)
            while not self._ends.wait(PAUSE_S):
                receipt = self._settled(engine, opening(self._network, key, sequence))
                if receipt is not None:
                    self.acknowledged[receipt.transaction_hash] = receipt
                    sequence += 1
        except Exception as error:  # noqa: BLE001 - told by the test that looks at ``failures``
            self.failures.append(f"{key}: {error!r}")

    def _settled(self, engine, wire):
        name = transaction_hash(wire)
        while not self._gives_up.is_set():
            try:
                engine.submit(wire)
            except Unavailable:
                time.sleep(RETRY_S)
                continue
            except Rejection as refused:
                if refused.code not in OVERTAKEN:
                    raise
            try:
                return engine.wait(name, timeout_s=3)
            except Unavailable:
                pass
            except Rejection as refused:
                if refused.code not in OVERTAKEN:
                    raise
                time.sleep(RETRY_S)
        return None
