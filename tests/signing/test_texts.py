"""Texts in the database open under the installation's secret and purpose only, and only unchanged."""

import pytest
from hypothesis import given
from hypothesis import strategies as some

from tallystick.errors import Corruption
from tallystick.signing.texts import TextSeal

SECRET = bytes(range(32))


@given(some.text(max_size=200))
def test_what_was_sealed_opens_again(text: str) -> None:
    seal = TextSeal(SECRET, "test")
    assert seal.unseal(seal.seal(text)) == text


def test_a_sealed_text_shows_nothing_and_never_looks_the_same_twice() -> None:
    seal = TextSeal(SECRET, "test")
    first, second = seal.seal("JBSWY3DPEHPK3PXP"), seal.seal("JBSWY3DPEHPK3PXP")
    assert first != second
    assert "JBSWY3DPEHPK3PXP" not in first
    assert "JBSWY" not in repr(seal)


@pytest.mark.parametrize(
    ("secret", "purpose", "change"),
    [
        (SECRET, "another purpose", lambda sealed: sealed),
        (bytes(32), "test", lambda sealed: sealed),
        (SECRET, "test", lambda sealed: sealed[:-8] + "AAAAAAA="),
        (SECRET, "test", lambda sealed: sealed[:10]),
        (SECRET, "test", lambda sealed: "not base64"),
    ],
)
def test_another_secret_or_purpose_or_a_changed_text_does_not_open(secret, purpose, change) -> None:
    sealed = TextSeal(SECRET, "test").seal("JBSWY3DPEHPK3PXP")
    with pytest.raises(Corruption) as found:
        TextSeal(secret, purpose).unseal(change(sealed))
    assert found.value.code == "unreadable_sealed_text"
