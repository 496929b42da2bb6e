"""A process that checks signatures: frames of (public key, wire bytes) in, one byte for each answer out.

It ends when the ledger's process ends: that closes the pipe; and where a fork of that process still
holds the pipe open, this one sees that it has another parent.
"""

import os
import select
import sys

import msgspec

from tallystick.engines.embedded.verifiers import read_frame, verify_all, write_frame

# How often to look whether the parent is still there, while nothing is asked.
WATCH_S = 1.0


def main(parent: int) -> None:
    """Answer until the other side closes or the process ``parent`` is gone."""
    decoder = msgspec.msgpack.Decoder(list[tuple[bytes, bytes]])
    pipe = sys.stdin.buffer
    while os.getppid() == parent:
        # One frame is asked at a time, so nothing of the next lies in the buffer already.
        if not select.select([pipe], [], [], WATCH_S)[0]:
            continue
        try:
            checks = decoder.decode(read_frame(pipe))
            write_frame(sys.stdout.buffer, bytes(verify_all(checks)))
        except (EOFError, BrokenPipeError):
            return


if __name__ == "__main__":
    main(int(sys.argv[1]))
