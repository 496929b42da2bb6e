"""What goes over the sockets: frames of any cut, errors that arrive as they were, the schema as written."""

import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tallystick import errors
from tallystick.engines.wire.framing import Frames, encode_varint, frame
from tallystick.engines.wire.telling import heard, tell
from tallystick.errors import Malformed

LIMIT = 100_000


@given(st.lists(st.binary(max_size=300)), st.lists(st.integers(1, 50), min_size=1))
def test_messages_arrive_whole_and_in_order_however_they_are_cut(messages, sizes):
    data = b"".join(map(frame, messages))
    frames, received, place = Frames(LIMIT), [], 0
    while data:
        size = sizes[place % len(sizes)]
        received += frames.feed(data[:size])
        data, place = data[size:], place + 1
    assert received == messages


@pytest.mark.parametrize(
    ("number", "written"), [(0, "00"), (1, "01"), (127, "7f"), (128, "8001"), (300, "ac02")]
)
def test_lengths_are_base_128_varints(number, written):
    """The last is the example of protobuf's own description of the encoding."""
    assert encode_varint(number).hex() == written


@pytest.mark.parametrize("data", [encode_varint(LIMIT + 1), b"\x80" * 5, b"\xff" * 20])
def test_a_length_over_the_limit_or_no_length_is_refused(data):
    with pytest.raises(Malformed) as caught:
        Frames(LIMIT).feed(data)
    assert caught.value.code == "malformed_frame"


@given(
    st.sampled_from(
        [errors.Conflict, errors.Malformed, errors.Unavailable, errors.Corruption, errors.NotFound]
    ),
    st.text(max_size=50),
    st.dictionaries(st.text(max_size=5), st.one_of(st.integers(-(2**53), 2**53), st.text(), st.none())),
)
def test_an_error_arrives_with_its_class_code_sentence_and_details(kind, message, details):
    details = {f"d_{name}": value for name, value in details.items()}
    received = heard(tell(kind("some_code", message, **details)))
    assert (type(received), received.code, received.message) == (kind, "some_code", message)
    assert dict(received.details) == details


@pytest.mark.parametrize(
    "text", ["", "out of gas", "{}", '{"kind":"Exception","code":"x","message":"y"}', "[1]"]
)
def test_what_is_no_error_of_ours_is_told_as_the_nodes(text):
    assert heard(text).code == "node_error"


def test_the_messages_are_what_their_schema_says(tmp_path, repository):
    """``make messages`` has been run after the last change of the schema."""
    pytest.importorskip("grpc_tools")
    schema = "tallystick/engines/wire/messages.proto"
    subprocess.run(
        [sys.executable, "-m", "grpc_tools.protoc", "-I.", f"--python_out={tmp_path}", schema],
        cwd=repository / "src",
        check=True,
    )
    written = (tmp_path / "tallystick/engines/wire/messages_pb2.py").read_text()
    assert (repository / "src/tallystick/engines/wire/messages_pb2.py").read_text() == written
