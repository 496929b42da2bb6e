"""A home can be used or is refused at once; one process at a time sets it up."""

import fcntl
import os
from pathlib import Path

import pytest

from tallystick.bootstrap.home import LOCK_NAME, make_home, set_up_alone
from tallystick.errors import Rejection


def free(home: Path) -> bool:
    lock = os.open(home / LOCK_NAME, os.O_RDWR | os.O_CREAT)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    finally:
        os.close(lock)
    return True


def test_a_home_is_made_for_its_owner_only_and_kept(tmp_path: Path) -> None:
    home = tmp_path / "a" / "b"
    make_home(home)
    make_home(home)
    assert home.stat().st_mode & 0o077 == 0


def test_a_home_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for home in (tmp_path / "file", tmp_path / "file" / "home"):
        for use in (make_home, lambda home: set_up_alone(home).__enter__()):
            with pytest.raises(Rejection) as refused:
                use(home)
            assert refused.value.code == "home_not_writable"


def test_a_home_that_this_user_may_not_write_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "access", lambda _path, _mode: False)  # root may write everywhere
    with pytest.raises(Rejection) as refused:
        make_home(tmp_path)
    assert refused.value.code == "home_not_writable"


def test_the_lock_is_held_inside_the_block_and_free_after_it(tmp_path: Path) -> None:
    with set_up_alone(tmp_path):
        assert not free(tmp_path)
    assert free(tmp_path)
    with pytest.raises(ZeroDivisionError), set_up_alone(tmp_path):
        raise ZeroDivisionError
    assert free(tmp_path)
