"""An embedded engine for tests, on the notebook's genesis document."""

from datetime import UTC, datetime

from tallystick.engines.embedded import EmbeddedEngine, Limits
from tests.ledger.notebook import NOTEBOOK, PROPOSER_PUBLIC_KEY, genesis_document, sign_header


class SystemClock:
    def now(self):
        return datetime.now(UTC)


def create(path, *, contracts=(NOTEBOOK,), clock=None, signer=sign_header, **limits):
    return EmbeddedEngine.create(
        path,
        genesis_document(),
        contracts,
        signer,
        PROPOSER_PUBLIC_KEY,
        clock=clock or SystemClock(),
        limits=Limits(**{"block_period_ms": 5, **limits}),
    )


def reopen(path, *, contracts=(NOTEBOOK,), clock=None, public_key=PROPOSER_PUBLIC_KEY, **limits):
    return EmbeddedEngine.open(
        path,
        contracts,
        sign_header,
        public_key,
        clock=clock or SystemClock(),
        limits=Limits(**{"block_period_ms": 5, **limits}),
    )
