"""Anchoring: each step of an application is put on the ledger as a salted digest of its document.

The other members see that a lender moved some case one step; they see neither whose case it is nor
what was decided. Whoever holds the document (with its salt) can show that it is the one anchored.
"""

from collections.abc import Mapping
from typing import Final

from tallystick.contracts.anchoring import applicant_statement
from tallystick.contracts.membership import member_from_state
from tallystick.errors import Conflict, Forbidden
from tallystick.records.models import Anchor, Application
from tallystick.services import outbox
from tallystick.services.installation import Installation
from tallystick.values import canonical

#: Steps that the applicant signs too, with a key made for this one case.
SIGNED_BY_APPLICANT: Final = frozenset({"application", "confirmation"})


def case_of(application: Application) -> str:
    """Return the name under which the ledger knows the application (64 hex digits)."""
    return canonical.digest({"reference": application.reference, "salt": application.salt})


def require_standing(installation: Installation, application: Application) -> None:
    """Check that the lender may act on the ledger before any paper is saved.

    Raises:
        Forbidden: ``lender_not_in_standing`` when the lender's membership is missing or suspended.
    """
    member = member_from_state(installation.ledger.read, application.lender.address)
    if member is None or member.status != "active" or "lender" not in member.roles:
        raise Forbidden("lender_not_in_standing", "The lender is not an active lender on the ledger.")


def anchor(
    installation: Installation, application: Application, step: str, document: Mapping[str, object]
) -> Anchor:
    """Save the step's document and the transaction that will anchor it, within the caller's commit.

    Raises:
        Conflict: ``ledger_refused_before`` when an earlier step of this case was refused.
    """
    if application.anchors.exclude(transmission__code__in=("", "ok")).exists():
        raise Conflict("ledger_refused_before", "The ledger refused an earlier step of this application.")
    paper: dict[str, object] = {
        "application": application.reference,
        "document": dict(document),
        "salt": application.salt,
        "step": step,
    }
    digest = canonical.digest(paper)
    case = case_of(application)
    arguments: dict[str, object] = {"case": case, "digest": digest, "step": step}
    if step in SIGNED_BY_APPLICANT:
        arguments |= _signed_by_applicant(installation, application, case, step, digest)
    sent = outbox.enqueue(
        application.lender.address, "anchoring", "anchor", arguments, installation.clock.now()
    )
    return Anchor.objects.create(
        application=application, step=step, document=paper, digest=digest, transmission=sent
    )


def _signed_by_applicant(
    installation: Installation, application: Application, case: str, step: str, digest: str
) -> dict[str, object]:
    keys, reference, lender = installation.keys, application.reference, application.lender.address
    address = _case_key_holder(installation, application)
    statement = applicant_statement(installation.ledger.chain_id, case, step, digest, lender)
    signed: dict[str, object] = {
        "applicant_signature": keys.sign_for_case(address, reference, statement).hex()
    }
    if step == "application":
        signed["applicant_key"] = keys.case_public_key(address, reference).hex()
    return signed


def _case_key_holder(installation: Installation, application: Application) -> str:
    """Return the account from whose key the case's one-off key follows.

    It is the applicant's where its key is here. An applicant whose own node is elsewhere, and who signs in at
    the lender's site, has the one-off key made for it there, as it has its papers kept there.
    """
    applicant = application.applicant.address
    return applicant if applicant in installation.keys.addresses() else application.lender.address
