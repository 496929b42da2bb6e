"""The installation's secret: made once, for its owner only."""

import stat
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import pytest

from tallystick.errors import Corruption, Forbidden, Unavailable
from tallystick.signing.secret import read_or_create_secret


def test_the_first_use_makes_a_secret_that_stays(tmp_path: Path) -> None:
    path = tmp_path / "home" / "secret"
    secret = read_or_create_secret(path)
    assert len(secret) == 32
    assert read_or_create_secret(path) == secret == path.read_bytes()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert list(path.parent.iterdir()) == [path], "nothing is left lying beside it"


def test_two_installations_have_different_secrets(tmp_path: Path) -> None:
    assert read_or_create_secret(tmp_path / "a") != read_or_create_secret(tmp_path / "b")


def test_processes_that_start_together_get_the_same_secret(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    with ProcessPoolExecutor(4) as processes:
        assert len(set(processes.map(read_or_create_secret, [path] * 32))) == 1


@pytest.mark.parametrize("bits", [0o640, 0o604, 0o644, 0o620, 0o666])
def test_a_secret_that_others_can_use_is_refused_with_the_remedy(tmp_path: Path, bits: int) -> None:
    path = tmp_path / "secret"
    secret = read_or_create_secret(path)
    path.chmod(bits)
    with pytest.raises(Forbidden) as refused:
        read_or_create_secret(path)
    assert refused.value.code == "secret_exposed"
    assert f"chmod 600 {path}" in refused.value.message
    assert secret.hex() not in repr(refused.value)
    path.chmod(0o600)
    assert read_or_create_secret(path) == secret


@pytest.mark.parametrize("length", [0, 31, 4097])
def test_a_secret_that_is_too_short_or_too_long_stops(tmp_path: Path, length: int) -> None:
    path = tmp_path / "secret"
    path.touch(0o600)
    path.write_bytes(b"s" * length)
    with pytest.raises(Corruption) as stopped:
        read_or_create_secret(path)
    assert stopped.value.code == "damaged_secret"
    assert path.stat().st_size == length, "it is never replaced"


def test_a_secret_that_an_operator_brings_is_taken(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    path.touch(0o600)
    path.write_bytes(b"s" * 64)
    assert read_or_create_secret(path) == b"s" * 64


def test_a_folder_in_its_place_is_reported(tmp_path: Path) -> None:
    with pytest.raises(Unavailable) as failed:
        read_or_create_secret(tmp_path)
    assert failed.value.code == "files_unavailable"
