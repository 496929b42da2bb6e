"""Keys in a hardware security module, on SoftHSM2: they sign, stay there, and say clearly what is wrong."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pkcs11
import pytest

from tallystick.errors import (
    Conflict,
    NotFound,
    Rejection,
    TallystickError,
    Unauthorised,
    Unavailable,
)
from tallystick.ledger.keys import verify
from tallystick.signing.pkcs11 import HardwareKey, create_key
from tests.softhsm import PIN, SoftHSM, softhsm

TOKEN, KEY = "bank", "validator"


@pytest.fixture
def hsm(tmp_path: Path) -> Iterator[SoftHSM]:
    with softhsm(tmp_path / "hsm") as lent:
        lent.make_token(TOKEN)
        yield lent


@pytest.fixture
def public_key(hsm: SoftHSM) -> bytes:
    return create_key(hsm.module, TOKEN, KEY, PIN)


def opened(hsm: SoftHSM, token: str = TOKEN, key: str = KEY, pin: str = PIN) -> HardwareKey:
    return HardwareKey.open(hsm.module, token, key, pin)


def refusal(act: Callable[[], object]) -> tuple[type[TallystickError], str]:
    with pytest.raises(TallystickError) as caught:
        act()
    text = repr(caught.value) + caught.value.message + str(caught.value.details)
    assert PIN not in text
    assert "9999-wrong" not in text
    return type(caught.value), caught.value.code


def test_a_key_made_on_the_token_signs_what_the_ledger_verifies(hsm: SoftHSM, public_key: bytes) -> None:
    with opened(hsm) as key:
        assert key.public_key == public_key
        for message in (b"", b"vote", bytes(range(256)) * 40):
            signature = key.sign(message)
            assert verify(public_key, message, signature)
            assert key.sign(message) == signature
            assert not verify(public_key, message + b"x", signature)


def test_the_private_half_cannot_be_read_from_the_token(hsm: SoftHSM, public_key: bytes) -> None:
    token = pkcs11.lib(str(hsm.module)).get_token(token_label=TOKEN)
    with token.open(user_pin=PIN) as session:
        private = session.get_key(object_class=pkcs11.ObjectClass.PRIVATE_KEY, label=KEY)
        assert private[pkcs11.Attribute.SENSITIVE]
        assert private[pkcs11.Attribute.NEVER_EXTRACTABLE]
        with pytest.raises(pkcs11.AttributeSensitive):
            _ = private[pkcs11.Attribute.VALUE]


def test_a_label_is_given_to_one_key_only(hsm: SoftHSM, public_key: bytes) -> None:
    again = refusal(lambda: create_key(hsm.module, TOKEN, KEY, PIN))
    assert again == (Conflict, "hardware_key_exists")
    assert create_key(hsm.module, TOKEN, "second", PIN) != public_key


@pytest.mark.parametrize(
    ("wrong", "kind", "code"),
    [
        ({"token": "another"}, NotFound, "unknown_token"),
        ({"key": "another"}, NotFound, "unknown_hardware_key"),
        ({"pin": "9999-wrong"}, Unauthorised, "wrong_pin"),
        ({"pin": "1"}, Unauthorised, "wrong_pin"),
        ({"pin": ""}, Unauthorised, "wrong_pin"),
    ],
)
def test_what_is_wrong_with_a_key_is_said_by_its_code(
    hsm: SoftHSM, public_key: bytes, wrong: dict[str, str], kind: type[TallystickError], code: str
) -> None:
    assert refusal(lambda: opened(hsm, **wrong)) == (kind, code)
    assert verify(public_key, b"after", opened(hsm).sign(b"after"))


def test_a_key_is_not_made_without_the_pin(hsm: SoftHSM) -> None:
    refused = refusal(lambda: create_key(hsm.module, TOKEN, KEY, "9999-wrong"))
    assert refused == (Unauthorised, "wrong_pin")


@pytest.mark.parametrize("content", [None, b"no library", b""])
def test_a_file_that_is_no_module_is_refused(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "module.so"
    if content is not None:
        path.write_bytes(content)
    assert refusal(lambda: HardwareKey.open(path, TOKEN, KEY, PIN)) == (Rejection, "pkcs11_module")


def test_neither_the_key_nor_its_errors_show_the_pin(hsm: SoftHSM, public_key: bytes) -> None:
    with opened(hsm) as key:
        shown = repr(key) + repr(key._place) + str(vars(key))
    assert PIN not in shown


def test_two_keys_of_one_token_do_not_disturb_each_other(hsm: SoftHSM, public_key: bytes) -> None:
    other_key = create_key(hsm.module, TOKEN, "second", PIN)
    first, second = opened(hsm), opened(hsm, key="second")
    assert verify(public_key, b"1", first.sign(b"1"))
    first.close()  # logs the whole process out of the token
    assert verify(other_key, b"2", second.sign(b"2"))
    second.close()


def test_threads_may_share_a_key(hsm: SoftHSM, public_key: bytes) -> None:
    messages = [str(number).encode() for number in range(200)]
    with opened(hsm) as key, ThreadPoolExecutor(8) as pool:
        signatures = list(pool.map(key.sign, messages))
    assert all(
        verify(public_key, message, signed) for message, signed in zip(messages, signatures, strict=True)
    )


def test_a_lost_session_is_opened_again(hsm: SoftHSM, public_key: bytes) -> None:
    with opened(hsm) as key:
        for message in (b"one", b"two"):
            hsm.forget()
            assert verify(public_key, message, key.sign(message))


def test_a_token_that_is_gone_is_unavailable_and_serves_again_when_it_is_back(
    hsm: SoftHSM, public_key: bytes, tmp_path: Path
) -> None:
    with opened(hsm) as key:
        hsm.forget()
        hsm.folder.rename(tmp_path / "pulled")
        hsm.folder.mkdir()
        for _ in range(2):
            assert refusal(lambda: key.sign(b"x")) == (Unavailable, "token_unavailable")
        hsm.forget()
        hsm.folder.rmdir()
        (tmp_path / "pulled").rename(hsm.folder)
        assert verify(public_key, b"x", key.sign(b"x"))


def test_another_key_under_the_same_label_is_not_taken_for_ours(hsm: SoftHSM, public_key: bytes) -> None:
    with opened(hsm) as key:
        hsm.forget()
        hsm.remove_tokens()
        hsm.make_token(TOKEN)
        assert create_key(hsm.module, TOKEN, KEY, PIN) != public_key
        assert refusal(lambda: key.sign(b"x")) == (Conflict, "hardware_key_mismatch")


def test_a_pin_that_was_changed_is_tried_once_and_not_again(
    hsm: SoftHSM, public_key: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    with opened(hsm) as key:
        hsm.forget()
        with pkcs11.lib(str(hsm.module)).get_token(token_label=TOKEN).open(rw=True, user_pin=PIN) as session:
            session.set_pin(PIN, "a-new-one")
        assert refusal(lambda: key.sign(b"x")) == (Unauthorised, "wrong_pin")
        monkeypatch.setattr("tallystick.signing.pkcs11._open", lambda _: pytest.fail("tried again"))
        assert refusal(lambda: key.sign(b"x")) == (Unauthorised, "wrong_pin")


def test_a_closed_key_signs_nothing(hsm: SoftHSM, public_key: bytes) -> None:
    key = opened(hsm)
    key.close()
    key.close()
    assert refusal(lambda: key.sign(b"x")) == (Unavailable, "token_unavailable")


def test_without_the_extra_the_refusal_names_it() -> None:
    program = """
import sys
sys.modules["pkcs11"] = None  # as if it were not installed
from pathlib import Path
from tallystick.errors import Rejection
from tallystick.signing.pkcs11 import HardwareKey, create_key
for act in (HardwareKey.open, create_key):
    try:
        act(Path("module.so"), "token", "key", "pin")
    except Rejection as error:
        assert error.code == "pkcs11_not_installed", error.code
    else:
        raise SystemExit("not refused")
"""
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)
