"""Each way of tampering with a delivery record is caught, by the check that it breaks."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tallystick.evidence.delivery import media_hash, record_hash
from tallystick.evidence.verification import Fetch, Found, KeyOwner, Outcome, verify_record
from tests.contracts.chain import CHAIN
from tests.evidence.deliveries import BUYER, FOUND, MEDIA, OTHER, OWNER, SIGNED_AT, SUPPLIER, delivered

RECORD = delivered()
replace = msgspec.structs.replace


def failing(record=RECORD, owner=OWNER, found=FOUND, chain_id=CHAIN, stored_hash=RECORD.record_hash):
    return verify_record(chain_id, record, owner, found, stored_hash).failed


def with_medium(number, **change):
    media = tuple(replace(one, **change) if at == number else one for at, one in enumerate(MEDIA))
    return replace(RECORD, media=media)


def with_found(number, **change):
    return tuple(replace(one, **change) if at == number else one for at, one in enumerate(FOUND))


def test_a_record_that_is_right_in_everything_counts():
    result = verify_record(CHAIN, RECORD, OWNER, FOUND, RECORD.record_hash)
    assert result.counts
    assert [check.name for check in result.checks] == [
        "signature",
        "signing_key",
        "media_hash",
        "record_hash",
        "medium:1",
        "medium:2",
        "medium:3",
    ]


def reordered():
    return replace(RECORD, media=(MEDIA[1], MEDIA[0], MEDIA[2]))


@pytest.mark.parametrize(
    ("record", "caught"),
    [
        pytest.param(with_medium(0, size_bytes=9), ["media_hash", "medium:1:size"], id="size in the list"),
        pytest.param(with_medium(0, sha256="11" * 32), ["media_hash", "medium:1:changed"], id="digest"),
        pytest.param(with_medium(1, key_commitment="11" * 32), ["media_hash", "medium:2:key"], id="key"),
        pytest.param(with_medium(2, location="https://other.example/c"), ["media_hash"], id="location"),
        pytest.param(with_medium(0, kind="video"), ["media_hash"], id="kind"),
        pytest.param(reordered(), ["media_hash", "medium:1:size", "medium:2:size"], id="order of media"),
        pytest.param(replace(RECORD, media=()), ["media_hash"], id="no media"),
        pytest.param(replace(RECORD, media_hash="11" * 32), ["signature", "media_hash", "record_hash"]),
        pytest.param(replace(RECORD, signature="11" * 64), ["signature", "record_hash"], id="signature"),
        pytest.param(replace(RECORD, signature="no hex"), ["signature", "record_hash"], id="no signature"),
        pytest.param(replace(RECORD, key=OTHER.public), ["signature"], id="another key"),
        pytest.param(replace(RECORD, key="no hex"), ["signature"], id="no key"),
        pytest.param(replace(RECORD, key=RECORD.key.upper()), ["signature"], id="key in capitals"),
        pytest.param(replace(RECORD, address="13-0"), ["record_hash"], id="address"),
        pytest.param(replace(RECORD, record_hash="11" * 32), ["record_hash"], id="record hash"),
        pytest.param(replace(RECORD, request="10-0"), ["signature"], id="request"),
        pytest.param(replace(RECORD, supplier=OTHER.address), ["signature"], id="supplier"),
        pytest.param(replace(RECORD, buyer=OTHER.address), ["signature", "signing_key"], id="buyer"),
    ],
)
def test_a_change_of_the_record_is_caught_by_the_check_that_it_breaks(record, caught):
    assert list(failing(record)) == caught
    assert not verify_record(CHAIN, record, OWNER, FOUND).counts


@pytest.mark.parametrize(
    ("number", "change", "caught"),
    [
        (0, {"sha256": "11" * 32}, "medium:1:changed"),
        (0, {"size_bytes": 1}, "medium:1:size"),
        (1, {"key_commitment": "11" * 32}, "medium:2:key"),
        (2, {"key_commitment": "11" * 32}, "medium:3:key"),
        (2, {"fetch": Fetch.MISSING}, "medium:3:missing"),
    ],
)
def test_a_file_that_is_not_what_the_ledger_names_fails_by_number(number, change, caught):
    assert failing(found=with_found(number, **change)) == (caught,)


@pytest.mark.parametrize(
    ("found", "name"),
    [
        (with_found(1, fetch=Fetch.NOT_RELEASED), "medium:2:not_released"),
        (with_found(1, key_commitment=""), "medium:2:key_not_released"),
        (FOUND[:2], "medium:3:not_fetched"),
    ],
)
def test_a_check_that_could_not_be_made_has_not_failed_but_the_record_does_not_count(found, name):
    result = verify_record(CHAIN, RECORD, OWNER, found)
    assert (result.counts, result.failed, result.not_made) == (False, (), (name,))


@pytest.mark.parametrize(
    ("owner", "caught"),
    [
        (None, ("signing_key",)),
        (KeyOwner(OTHER.address, 0), ("signing_key",)),
        (KeyOwner(BUYER.address, SIGNED_AT + 1), ("signing_key",)),
        (KeyOwner(BUYER.address, 0, revoked_at=SIGNED_AT - 1), ("signing_key",)),
        (KeyOwner(BUYER.address, SIGNED_AT, revoked_at=SIGNED_AT + 1), ()),
    ],
)
def test_the_key_must_be_the_buyers_when_it_signed(owner, caught):
    assert failing(owner=owner) == caught


def test_a_signature_of_another_chain_and_another_stored_hash_are_caught():
    assert failing(chain_id="another-consortium") == ("signature",)
    assert failing(stored_hash="11" * 32) == ("record_hash",)


def test_whoever_replaces_media_and_recomputes_every_hash_is_caught_by_the_signature():
    media = (replace(MEDIA[0], sha256="11" * 32), *MEDIA[1:])
    hashed = media_hash(media)
    forged = replace(
        RECORD,
        media=media,
        media_hash=hashed,
        record_hash=record_hash(hashed, RECORD.signature, RECORD.address),
    )
    found = with_found(0, sha256="11" * 32)
    assert failing(forged, found=found, stored_hash=None) == ("signature",)


def test_whoever_signs_in_the_buyers_place_is_caught_by_the_key():
    forged = delivered(key=SUPPLIER)
    owner = KeyOwner(SUPPLIER.address, 0)
    assert failing(forged, owner=owner, stored_hash=None) == ("signing_key",)


COVERED = ("address", "buyer", "key", "media_hash", "record_hash", "request", "signature", "supplier")


@given(st.sampled_from(COVERED), st.data())
def test_any_one_character_changed_in_a_covered_field_fails_a_check(name, data):
    text = getattr(RECORD, name)
    at = data.draw(st.integers(0, len(text) - 1))
    other = data.draw(st.characters(codec="utf-8").filter(lambda letter: letter != text[at]))
    assert failing(replace(RECORD, **{name: text[:at] + other + text[at + 1 :]}))


@given(st.integers(0, 2), st.sampled_from(["sha256", "key_commitment", "size_bytes", "location"]), st.data())
def test_any_one_change_of_a_medium_fails_the_media_hash(number, name, data):
    value = getattr(MEDIA[number], name)
    kind = st.integers(0, 2**53 - 1) if isinstance(value, int) else st.text(max_size=64)
    other = data.draw(kind.filter(lambda one: one != value))
    assert "media_hash" in failing(with_medium(number, **{name: other}))


def test_every_check_says_what_came_of_it_in_both_languages():
    wrong = verify_record(CHAIN, replace(RECORD, key=OTHER.public), None, ())
    right = verify_record(CHAIN, RECORD, OWNER, FOUND)
    for check in (*wrong.checks, *right.checks):
        assert check.text.en.endswith(".")
        assert check.text.zh.endswith("。")
    assert {check.outcome for check in wrong.checks} == set(Outcome)
    assert Found(Fetch.NOT_FETCHED).sha256 == ""
