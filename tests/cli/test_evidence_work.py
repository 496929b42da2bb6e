"""``tallystick evidence record`` to ``chain``: the journey of a delivery and of a query without a browser."""

import json

import pytest
from click.testing import CliRunner

from tallystick.bootstrap import framework
from tallystick.cli import evidence_steps
from tallystick.cli.main import tallystick
from tallystick.records.models import Consent, Delivery, MediaFile, Qualification
from tests.installation import PASSWORD, house, members
from tests.services.test_deliveries import picture

__all__ = ["house", "members"]


@pytest.fixture
def run(monkeypatch, house, members):
    monkeypatch.setattr(framework, "start", lambda: None)
    monkeypatch.setattr(evidence_steps, "require_initialised", lambda: None)

    def call(*arguments, user, password=PASSWORD):
        given = ["evidence", *map(str, arguments), "--user", user.username, "--json"]
        done = CliRunner().invoke(tallystick, given, env={"TALLYSTICK_PASSWORD": password})
        return done.exit_code, json.loads(done.stdout)

    return call


def recorded(run, members, folder, **how):
    file = folder / "goods.jpg"
    file.write_bytes(picture())
    parties = ("--supplier", members.supplier.address, "--buyer", members.other_supplier.address)
    return run("record", *parties, file, user=members.owner, **how)


def test_a_delivery_is_recorded_and_countersigned_and_its_addresses_are_printed(run, members, tmp_path):
    code, made = recorded(run, members, tmp_path)
    assert code == 0, made
    row = Delivery.objects.get()
    assert (made["request"], made["media_hash"], made["stage"]) == (row.request, row.media_hash, "waiting")
    assert made["request"]
    code, signed = run("accept", made["reference"], user=members.other_owner)
    assert (code, signed["stage"]) == (0, "recorded")
    assert signed["record"] == Delivery.objects.get().record != ""


def test_a_consent_is_given_and_taken_back(run, members, tmp_path):
    _code, made = recorded(run, members, tmp_path)
    lender = members.lender.address
    code, given = run("consent", lender, "--delivery", made["reference"], user=members.owner)
    assert (code, given["purpose"], given["scope"]) == (
        0,
        "loan-qualification",
        [f"evidence/{made['reference']}"],
    )
    assert given["address"]
    code, of_books = run("consent", lender, "--books", "--until", "2027-01-31", user=members.owner)
    assert (code, of_books["scope"], of_books["until"][:10]) == (0, ["books"], "2027-01-31")
    code, answer = run("consent", lender, "--books", "--delivery", made["reference"], user=members.owner)
    assert (code, answer["error"]["code"]) == (2, "bad_scope")
    code, answer = run("take-back", given["number"], user=members.other_owner)
    assert (code, answer["error"]["code"]) == (2, "unknown_consent")
    code, taken = run("take-back", given["number"], user=members.owner)
    assert (code, taken["withdrawn"]) == (0, True)
    row = Consent.objects.get(pk=given["number"])
    assert row.withdrawn_at is not None


def test_the_buyer_refuses_with_a_reason(run, members, tmp_path):
    _code, made = recorded(run, members, tmp_path)
    code, refused = run("refuse", made["reference"], "--reason", "other", user=members.other_owner)
    assert (code, refused["stage"]) == (0, "refused")


def test_a_wrong_password_another_member_and_a_wrong_buyer_leave_nothing_behind(run, members, tmp_path):
    code, answer = recorded(run, members, tmp_path, password="guessed")
    assert (code, answer["error"]["code"]) == (2, "wrong_password")
    file = tmp_path / "goods.jpg"
    own = members.supplier.address
    for supplier, buyer, user, refusal in (
        (own, members.other_supplier.address, members.other_owner, "not_permitted"),
        (own, members.lender.address, members.owner, "unknown_buyer"),
        (own, own, members.owner, "own_buyer"),
    ):
        code, answer = run("record", "--supplier", supplier, "--buyer", buyer, file, user=user)
        assert (code, answer["error"]["code"]) == (2, refusal)
    assert not Delivery.objects.exists()
    assert not MediaFile.objects.exists()


def test_a_lender_asks_follows_the_chain_and_decides(run, members, tmp_path):
    _code, made = recorded(run, members, tmp_path)
    run("accept", made["reference"], user=members.other_owner)
    lender = ("--lender", members.lender.address)
    code, asked = run(
        "query", members.supplier.address, *lender, "--since", "2026-11-01", user=members.officer
    )
    assert code == 0, asked
    (record,) = asked["records"]
    assert [check["name"] for check in record["checks"]][:4] == [
        "signature",
        "signing_key",
        "media_hash",
        "record_hash",
    ]
    code, chain = run("chain", members.supplier.address, *lender, user=members.officer)
    assert (code, chain["query"], len(chain["links"])) == (0, asked["reference"], 1)
    granted = ("--grant", "200000.00", "--rate", "0.0485", "--reason", "Seen.")
    code, decided = run("decide", asked["reference"], *lender, *granted, user=members.officer)
    assert (code, decided["decision"]["amount"]) == (0, "200000.00")
    assert Qualification.objects.get().outcome == "grant"
    code, again = run(
        "decide", asked["reference"], *lender, "--decline", "--reason", "x", user=members.officer
    )
    assert (code, again["error"]["code"]) == (2, "already_decided")


def test_nobody_asks_in_another_lenders_name(run, members):
    other = ("--lender", members.other_lender.address)
    for user in (members.officer, members.owner):
        code, answer = run("query", members.supplier.address, *other, user=user)
        assert (code, answer["error"]["code"]) == (2, "not_permitted")
    assert not Qualification.objects.exists()
