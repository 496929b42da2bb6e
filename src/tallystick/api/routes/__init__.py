"""The API's address table: every subject's routes under ``/api/v1``, behind one door."""

from typing import Final

from tallystick.api.auth import AccessTokenAuth, BrowserSessionAuth
from tallystick.api.door import ProblemAPI
from tallystick.api.idempotency import once
from tallystick.api.routes import (
    applications,
    consents,
    deliveries,
    ledger,
    me,
    media,
    policies,
    programmes,
    qualifications,
    schedules,
    steps,
)

#: Of the interface, not of the program: what is under ``/api/v1`` stays as it is described.
VERSION: Final = "1"
DESCRIPTION: Final = """Apply for loans, decide on them, and read the ledger, as a member's own software.

Amounts are exact decimal text with their currency. A refusal is an RFC 9457 problem with a stable
`code`. A POST may carry an `Idempotency-Key`. The manual is `docs/api.md`.
"""

api = ProblemAPI(
    title="Tallystick",
    version=VERSION,
    description=DESCRIPTION,
    auth=[AccessTokenAuth(), BrowserSessionAuth()],
)
api.add_decorator(once, mode="view")
api.add_router("/v1", me.router, tags=["me"])
api.add_router("/v1/programmes", programmes.router, tags=["programmes"])
api.add_router("/v1/applications", applications.router, tags=["applications"])
api.add_router("/v1/applications", steps.router, tags=["steps"])
api.add_router("/v1/schedules", schedules.router, tags=["schedules"])
api.add_router("/v1/media", media.router, tags=["media"])
api.add_router("/v1/deliveries", deliveries.router, tags=["deliveries"])
api.add_router("/v1/consents", consents.router, tags=["consents"])
api.add_router("/v1/qualifications", qualifications.router, tags=["qualifications"])
api.add_router("/v1/policies", policies.router, tags=["policies"])
api.add_router("/v1/ledger", ledger.router, tags=["ledger"])
