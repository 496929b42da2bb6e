"""A process that checks signatures: frames of (public key, wire bytes) in, one byte for each answer out."""

import sys

import msgspec

from tallystick.engines.embedded.verifiers import read_frame, verify_all, write_frame


def main() -> None:
    """Answer until the other side closes."""
    decoder = msgspec.msgpack.Decoder(list[tuple[bytes, bytes]])
    while True:
        try:
            checks = decoder.decode(read_frame(sys.stdin.buffer))
        except EOFError:
            return
        write_frame(sys.stdout.buffer, bytes(verify_all(checks)))


if __name__ == "__main__":
    main()
