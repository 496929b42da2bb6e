"""Asking another member's installation, in the name of a member whose key is here."""

import re
import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Final, TypeVar

import msgspec

from tallystick.capture import peer_line
from tallystick.capture.key_handover import SEALED_BYTES, OneTimeKey
from tallystick.errors import Forbidden, Malformed, NotFound, Rejection, Unavailable
from tallystick.evidence.delivery import Medium
from tallystick.records.models import Member
from tallystick.services import outbox
from tallystick.services.installation import Installation
from tallystick.services.peers.questions import (
    MAX_TOLD_BYTES,
    PIECE_BYTES,
    AskConsents,
    Asked,
    AskKey,
    AskNote,
    AskPapers,
    AskPiece,
    Consents,
    Note,
    Papers,
    Question,
    Signed,
    statement,
)
from tallystick.values import canonical
from tallystick.values.clock import now_ms

T = TypeVar("T")
_CODE: Final = re.compile(r"[a-z_]{1,60}")

#: Refusals that say something of the asker's right, or of what is there; any other may pass with time.
REFUSALS: Final[Mapping[str, tuple[type[Rejection], str]]] = MappingProxyType(
    {
        "consent_missing": (Forbidden, "The supplier has not consented to let you read this."),
        "consent_withdrawn": (Forbidden, "The supplier has taken back its consent."),
        "consent_expired": (Forbidden, "The supplier's consent has ended, or is not on the ledger yet."),
        "not_a_party": (Forbidden, "Only the buyer of the delivery, and a lender by consent, may ask."),
        "unknown_media": (NotFound, "The supplier's installation has no such file."),
        "media_missing": (NotFound, "The supplier's installation does not keep the file."),
    }
)


class _Refusal(msgspec.Struct):
    """What is read of a problem document."""

    code: str


@dataclass(frozen=True)
class Line:
    """A member here, and another member whose installation it asks.

    Attributes:
        asker: whose key, in this installation's store, signs the questions.
        owner: account address of the member that is asked.
        until: when it asks no more.
    """

    installation: Installation
    asker: Member
    owner: str
    until: datetime

    def papers(self, request: str, count: int) -> Papers:
        """Return what is there of a delivery of ``count`` files.

        Raises:
            Forbidden, NotFound: one of ``REFUSALS``.
            Malformed: ``peer_answer_unfit`` when it is not about so many files.
            Unavailable: ``no_such_peer``, ``peer_unreachable``, ``peer_refused``, ``peer_answer_too_large``,
                ``peer_too_slow``.
        """
        found = _read(self._ask(AskPapers(request), MAX_TOLD_BYTES), Papers)
        if len(found.files) != count:
            raise _unfit("names another number of files than the ledger")
        return found

    def ciphertext(self, request: str, medium: Medium) -> Iterator[bytes]:
        """Yield a file's ciphertext, never more than the ledger says it has; raises as ``papers``."""
        offset = 0
        while offset < medium.size_bytes:
            most = min(PIECE_BYTES, medium.size_bytes - offset)
            piece = self._ask(AskPiece(request, medium.sha256, offset), PIECE_BYTES)
            if len(piece) != most:
                raise _unfit("gives a file of another size than the ledger names")
            offset += len(piece)
            yield piece

    def key(self, request: str, medium: Medium) -> bytes:
        """Return a file's key (32 bytes), which is the one that the ledger commits to.

        Raises:
            Forbidden: ``wrong_media_key``; and as ``papers``.
        """
        one_time = OneTimeKey()
        sealed = self._ask(AskKey(request, medium.sha256, one_time.public), SEALED_BYTES)
        return one_time.open_(sealed, medium.key_commitment)

    def consents(self) -> Consents:
        """Return the consents that the owner says it gave the asker; raises as ``papers``."""
        return _read(self._ask(AskConsents(), MAX_TOLD_BYTES), Consents)

    def note(self, request: str) -> Note:
        """Return the asked member's words when it refused the asker's request; raises as ``papers``."""
        return _read(self._ask(AskNote(request), MAX_TOLD_BYTES), Note)

    def _ask(self, question: Question, max_bytes: int) -> bytes:
        base = self.installation.peers.get(self.owner)
        if base is None:
            raise Unavailable("no_such_peer", "The operator has not said where that member's node answers.")
        if self.installation.clock.now() > self.until:
            raise Unavailable("peer_too_slow", "The other member's installation takes too long; try again.")
        reply = peer_line.ask(base, self._signed(question), max_bytes)
        if not reply.is_answer:
            raise _refusal(reply.body)
        return reply.body

    def _signed(self, question: Question) -> bytes:
        house = self.installation
        outbox.keep_in_step(house, self.asker.address)
        asked = Asked(
            asker=self.asker.address,
            at=now_ms(house.clock),
            chain_id=house.ledger.chain_id,
            nonce=secrets.token_hex(32),
            owner=self.owner,
            question=question,
        )
        signature = house.keys.sign(self.asker.address, statement(asked))
        return canonical.encode(Signed(asked, signature.hex()))


def _read(body: bytes, kind: type[T]) -> T:
    try:
        return canonical.decode(body, kind)
    except Malformed:
        raise _unfit("cannot be read") from None


def _refusal(body: bytes) -> Rejection | Unavailable:
    """Return a refusal in words of our own: what the other side writes is shown to nobody."""
    try:
        code = msgspec.json.decode(body, type=_Refusal).code
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        code = ""
    if code in REFUSALS:
        kind, words = REFUSALS[code]
        return kind(code, words)
    said = code if _CODE.fullmatch(code) else ""
    return Unavailable("peer_refused", "The other member's installation refused the question.", said=said)


def _unfit(why: str) -> Malformed:
    return Malformed("peer_answer_unfit", f"The answer of the other member's installation {why}.")
