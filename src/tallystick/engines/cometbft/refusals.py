"""What a node's error texts mean: one table from its words to our errors. Pure.

The words are those of CometBFT v0.38: ``mempool/errors.go``, ``mempool/mempool.go`` (PreCheckMaxBytes),
``rpc/core/env.go`` (getHeight), ``state/errors.go`` and ``rpc/jsonrpc/server`` (the limit on a body).
"""

from typing import Final, NamedTuple

from tallystick.errors import Conflict, NotFound, TallystickError, TooLarge, Unavailable

MAX_SENTENCE: Final = 200


class _Meaning(NamedTuple):
    words: str
    kind: type[TallystickError]
    code: str
    message: str


_FULL = "The node's mempool is full; try again."
_KNOWN = "The node has this very transaction already."
_LARGE = "The transaction is larger than the node takes."
_NO_BLOCK = "The node does not have that block, or not any more."

_MEANINGS: Final = (
    _Meaning("mempool is full", Unavailable, "mempool_full", _FULL),
    _Meaning("mempool is still rechecking", Unavailable, "mempool_full", _FULL),
    _Meaning("tx already exists in cache", Conflict, "already_known", _KNOWN),
    _Meaning("Tx too large", TooLarge, "transaction_too_large", _LARGE),
    _Meaning("tx size is too big", TooLarge, "transaction_too_large", _LARGE),
    _Meaning("http: request body too large", TooLarge, "transaction_too_large", _LARGE),
    _Meaning("height must be greater than 0", NotFound, "unknown_block", _NO_BLOCK),
    _Meaning("must be less than or equal to the current blockchain", NotFound, "unknown_block", _NO_BLOCK),
    _Meaning("is not available, lowest height is", NotFound, "unknown_block", _NO_BLOCK),
    _Meaning("could not find validator set for height", NotFound, "unknown_block", _NO_BLOCK),
)


def refusal(method: str, sentence: str) -> TallystickError:
    """Return the error that a node's sentence means; one of unknown meaning is ``node_error``.

    Args:
        method: name of what was called.
        sentence: what the node said; at most ``MAX_SENTENCE`` characters of it are kept.
    """
    for meaning in _MEANINGS:
        if meaning.words in sentence:
            return meaning.kind(meaning.code, meaning.message, method=method)
    shown = "".join(character if character.isprintable() else " " for character in sentence[:MAX_SENTENCE])
    return Unavailable("node_error", f"The node reports an error: {shown.rstrip('.')}.", method=method)
