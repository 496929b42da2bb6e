"""The same blocks come to the same state and results in every process, whatever surrounds it."""

import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from tests.network.streams import Stream, genesis

PROGRAM = Path(__file__).with_name("executing_process.py")
BLOCKS = 60
#: Environment, Python's options, and how the process goes about it.
SURROUNDINGS = {
    "plain": ({"PYTHONHASHSEED": "0", "LC_ALL": "C", "TZ": "UTC"}, (), ""),
    "another hash seed and zone": ({"PYTHONHASHSEED": "4242", "TZ": "Asia/Shanghai"}, (), "small"),
    "a Turkish locale": (
        {
            "PYTHONHASHSEED": "random",
            "LC_ALL": "tr_TR.UTF-8",
            "LANG": "tr_TR.UTF-8",
            "TZ": "America/St_Johns",
        },
        (),
        "reopened",
    ),
    "no UTF-8, optimised": (
        {"PYTHONHASHSEED": "1", "LC_ALL": "POSIX", "TZ": "Pacific/Apia"},
        ("-O", "-X", "utf8=0"),
        "",
    ),
}


def executed(blocks, ledger, environment, options, way):
    """What a process printed for each block."""
    command = [sys.executable, *options, PROGRAM, blocks, ledger, *filter(None, [way])]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_random_stream_comes_to_the_same_in_every_surrounding(seed, tmp_path):
    blocks = tmp_path / "blocks"
    blocks.write_bytes(msgspec.msgpack.encode((genesis(), Stream(seed).blocks(BLOCKS))))
    told = {
        name: executed(blocks, tmp_path / name.replace(" ", "-"), *surroundings)
        for name, surroundings in SURROUNDINGS.items()
    }
    plain = told["plain"]
    assert len(plain) == BLOCKS + 1
    for name, lines in told.items():
        assert lines == plain, name
    codes = {code for line in plain[1:] for code in (line.split(" ", 3)[3]).split(",")}
    # The stream says something only if much of it is done, and much refused for many reasons.
    assert "ok" in codes
    assert len(codes) > 12, codes
    assert len({line.split(" ")[1] for line in plain}) > BLOCKS // 2


def test_another_seed_is_another_history(tmp_path):
    lines = []
    for seed in (1, 2):
        blocks = tmp_path / f"blocks-{seed}"
        blocks.write_bytes(msgspec.msgpack.encode((genesis(), Stream(seed).blocks(5))))
        lines.append(executed(blocks, tmp_path / f"ledger-{seed}", *SURROUNDINGS["plain"]))
    assert lines[0] != lines[1]
