"""The pages of the ledger: who reads what, search, accounts, contracts, validators, proofs to take away."""

import hashlib
import html
import json

import msgspec
import pytest
from django.test import Client
from django.urls import reverse

from tallystick.contracts.catalogue import CONTRACTS
from tallystick.errors import NotFound
from tallystick.ledger.answers import Assent, Receipt
from tallystick.ledger.block import Entry, Result
from tallystick.ledger.proof import check_inclusion, check_state, parse_proof
from tallystick.records.models import Transmission
from tallystick.services import consortium, ledger_state
from tallystick.services.installation import Installation
from tallystick.values.identifiers import account_address
from tallystick.web import ledger_words
from tallystick.web.power import power_bar, share
from tests.api.readers import MAY_READ, calls, everybody
from tests.installation import Consortium
from tests.web import scenes
from tests.web.conftest import at_work
from tests.web.networks import KEYS, network

WITHHELD = "Not yours to read. In its place, its SHA-256:"


@pytest.fixture
def desk(members: Consortium) -> Client:
    return at_work(members.officer)


def _search(client: Client, query: str):
    return client.get(reverse("web:ledger_search"), {"q": query})


def _data_hash(house: Installation, height: int = 1) -> str:
    return house.ledger.block(height).entries[0].data_hash


# ---- who reads what ----


def test_each_reader_sees_the_frame_of_every_call_and_the_content_of_its_own(
    house: Installation, members: Consortium
) -> None:
    sent = calls(house, members, scenes.paid(house, members))
    for name, user in everybody(house, members).items():
        client = at_work(user)
        for call in sent:
            readable = call.of in MAY_READ[name]
            page = html.unescape(client.get(reverse("web:transaction", args=[call.transaction_hash])).text)
            block = client.get(reverse("web:block", args=[call.height])).text
            proof = client.get(reverse("web:transaction_proof", args=[call.transaction_hash]))
            assert call.transaction_hash in page
            assert f"{call.transaction_hash[:8]}…" in block
            assert "tly1" in page
            assert (WITHHELD in page) is not readable, (name, call.of)
            assert ("Download proof" in page) is readable
            assert proof.status_code == (200 if readable else 403), (name, call.of)
            for secret in call.secrets:
                assert (secret in page) is readable, (name, call.of, secret)
                assert readable or secret not in proof.text
                assert secret not in html.unescape(block)


def test_a_refused_proof_says_why(house: Installation, members: Consortium) -> None:
    sent = calls(house, members, scenes.paid(house, members))
    river = next(call for call in sent if call.of == "river")
    page = at_work(members.officer).get(reverse("web:transaction_proof", args=[river.transaction_hash]))
    assert "not_yours_to_read" in page.text
    assert "Only the member that sent this and the auditors may read it" in page.text


def test_the_operator_is_told_what_was_refused_and_not_what_it_said(
    house: Installation, members: Consortium
) -> None:
    for contract, message in (("anchoring", "Case 4711 stands open."), ("membership", "It is departed.")):
        Transmission.objects.create(
            signer=members.lender.address,
            contract=contract,
            action="anchor",
            arguments={},
            created_at=house.clock.now(),
            code="step_out_of_order",
            message=message,
        )
    page = at_work(members.node_operator).get("/").text
    assert page.count("step_out_of_order") == 2
    assert "It is departed." in page
    assert "Case 4711" not in page


def test_whoever_works_for_no_member_gets_no_accounts_and_no_genesis_document(
    house: Installation, members: Consortium
) -> None:
    lonely = at_work(everybody(house, members)["nobody"])
    address = members.lender.address
    for closed in (
        reverse("web:accounts"),
        reverse("web:genesis"),
        *(reverse(f"web:{name}", args=[address]) for name in ("account", "account_proof", "member_proof")),
    ):
        assert lonely.get(closed).status_code == 403, closed
    assert "Example Harbour Bank" not in lonely.get(reverse("web:validators")).text
    assert "Node operator" not in lonely.get(reverse("web:validators")).text
    assert "No account and no validator has this address" in _search(lonely, address).text


# ---- search ----


def test_the_search_leads_to_what_was_pasted(house: Installation, members: Consortium, desk: Client) -> None:
    data_hash, lender = _data_hash(house), members.lender.address
    key = house.keys.public_key(lender).hex()
    operator = members.operator.address
    for query, page in {
        "1": reverse("web:block", args=[1]),
        " 0 ": reverse("web:block", args=[0]),
        "1-0": reverse("web:transaction", args=[data_hash]),
        data_hash: reverse("web:transaction", args=[data_hash]),
        data_hash.upper(): reverse("web:transaction", args=[data_hash]),
        f" {lender}\n": reverse("web:account", args=[lender]),
        lender.upper(): reverse("web:account", args=[lender]),
        key: reverse("web:account", args=[lender]),
        operator: reverse("web:account", args=[operator]),
        "": reverse("web:ledger"),
    }.items():
        response = _search(desk, query)
        assert (response.status_code, response["Location"]) == (302, page), query
        assert desk.get(page).status_code == 200


def test_the_search_finds_validators_that_are_no_accounts(house: Installation, desk: Client) -> None:
    with network(house):
        for query in (account_address(KEYS[2]), KEYS[2].hex()):
            expected = f"{reverse('web:validators')}#{account_address(KEYS[2])}"
            assert _search(desk, query)["Location"] == expected
        assert f'id="{account_address(KEYS[2])}"' in desk.get(reverse("web:validators")).text


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("999999", "There is no block with this number."),
        ("0-0", "No transaction stands at this storage address."),
        ("999999-0", "No transaction stands at this storage address."),
        ("0" * 64, "No transaction has this hash, and nobody has this key."),
        (account_address(bytes(32)), "No account and no validator has this address"),
        ("tly1" + "q" * 38, "No account and no validator has this address"),
        ("hello", "This is no block number"),
        ("9" * 300, "This is no block number"),
        ("<script>alert(1)</script>", "This is no block number"),
        ("１２", "This is no block number"),
    ],
)
def test_the_search_says_what_was_not_found(desk: Client, query: str, said: str) -> None:
    response = _search(desk, query)
    assert response.status_code == 200
    assert said in response.text
    assert "<script>alert" not in response.text


# ---- blocks ----


def test_a_blocks_certificate_says_who_signed_with_which_power(house: Installation, desk: Client) -> None:
    with network(house, signed=3, rounds=2):
        page = desk.get(reverse("web:block", args=[1])).text
    assert "3 of 4 validators signed, with 90.0% of the power." in page
    assert "It took 3 rounds" in page
    assert ">Final<" in page
    assert page.count('class="signed"') == 3
    assert page.count('class="unsigned"') == 1
    assert page.count(">not signed<") == 1
    assert page.count("proposed it") == 1


@pytest.mark.parametrize(("signed", "final"), [(1, False), (2, True), (4, True)])
def test_a_block_is_called_final_above_two_thirds_only(
    house: Installation, desk: Client, signed: int, final: bool
) -> None:
    with network(house, signed=signed):
        page = desk.get(reverse("web:block", args=[1])).text
    assert (">Final<" in page, ">Not final<" in page) == (final, not final)


def test_exactly_two_thirds_are_not_final(house: Installation, desk: Client, monkeypatch) -> None:
    monkeypatch.setattr("tests.web.networks.POWERS", (1, 1, 1, 0))
    with network(house, signed=2):
        page = desk.get(reverse("web:block", args=[1])).text
    assert "66.6%" in page
    assert ">Not final<" in page


def test_a_first_block_that_nobody_signs_has_its_page(house: Installation, desk: Client) -> None:
    with network(house):
        page = desk.get(reverse("web:block", args=[0])).text
    assert "Nobody has to sign this block" in page
    assert ">Not final<" not in page


def test_blocks_that_a_node_no_longer_keeps_are_left_out(
    house: Installation, desk: Client, monkeypatch
) -> None:
    block, headers = house.ledger.block, house.ledger.headers

    def pruned(height: int):
        if height < 2:
            raise NotFound("unknown_block", "There is no such block.")
        return block(height)

    def kept(highest: int, limit: int):
        return [header for header in headers(highest, limit) if header.height >= 2]

    monkeypatch.setattr(house.ledger, "block", pruned)
    monkeypatch.setattr(house.ledger, "headers", kept)
    page = desk.get(reverse("web:ledger"))
    assert page.status_code == 200
    assert reverse("web:block", args=[2]) in page.text
    assert reverse("web:block", args=[1]) not in page.text
    assert "There is no block with this number." in _search(desk, "1").text


def test_the_parts_of_the_picture_fill_it_exactly() -> None:
    assents = [Assent(f"tly1{number}", 1, "" if number == 1 else "ab") for number in range(3)]
    drawn = power_bar("words", assents)
    assert 'aria-label="words"' in drawn
    widths = [float(part.partition("%")[0]) for part in drawn.split('width="')[1:]]
    assert sum(widths) == pytest.approx(100)
    assert drawn.index("unsigned") > drawn.rindex('class="signed"')
    assert (share(3, 4), share(2, 3), share(0, 0)) == ("75.0%", "66.6%", "0.0%")


# ---- accounts, contracts, validators ----


def test_the_accounts_are_paged_and_lead_to_their_pages(
    house: Installation, members: Consortium, desk: Client, monkeypatch
) -> None:
    monkeypatch.setattr("tallystick.web.views.consortium.ACCOUNTS_PER_PAGE", 2)
    first, second = (desk.get(reverse("web:accounts"), {"page": page}).text for page in ("1", "2"))
    everyone = [member.address for member in consortium.members_on_ledger(house)]
    assert len(everyone) > 2
    for address in everyone:
        assert (reverse("web:account", args=[address]) in first) is (address in everyone[:2])
        assert (reverse("web:account", args=[address]) in second) is (address in everyone[2:4])


def test_more_accounts_than_are_listed_are_announced(
    house: Installation, members: Consortium, desk: Client, monkeypatch
) -> None:
    assert "search finds every other" not in desk.get(reverse("web:accounts")).text
    monkeypatch.setattr(ledger_state, "MAX_ACCOUNTS", 3)
    assert "The first 3 are listed; the search finds every other" in desk.get(reverse("web:accounts")).text


def test_an_accounts_page_says_whose_it_is_and_how_it_stands(
    house: Installation, members: Consortium, desk: Client
) -> None:
    address = members.other_supplier.address
    page = desk.get(reverse("web:account", args=[address])).text
    for shown in ("Example Castings Co., Ltd.", address, house.keys.public_key(address).hex(), ">Active<"):
        assert shown in page
    consortium.change_standing(house, members.operator.address, address, "suspend")
    for response in (desk.get(reverse("web:account", args=[address])), desk.get(reverse("web:accounts"))):
        assert ">Suspended<" in response.text
    unknown = desk.get(reverse("web:account", args=[account_address(bytes(32))]))
    assert unknown.status_code == 404
    assert "The ledger has no account at that address." in unknown.text


def test_every_contract_and_every_action_has_its_sentence(house: Installation, desk: Client) -> None:
    page = html.unescape(desk.get(reverse("web:contracts")).text)
    for contract in CONTRACTS:
        assert str(ledger_words.CONTRACTS[contract.name]) in page
        for action in contract.actions:
            assert str(ledger_words.ACTIONS[contract.name, action]) in page
    assert ledger_words.ACTIONS.keys() == {
        (contract.name, action) for contract in CONTRACTS for action in contract.actions
    }


def test_the_entries_of_a_contract_are_counted_to_a_limit(
    house: Installation, members: Consortium, desk: Client, monkeypatch
) -> None:
    count = len(house.ledger.scan("membership/"))
    assert f"{count} entries in the state" in desk.get(reverse("web:contracts")).text
    monkeypatch.setattr(ledger_state, "MAX_COUNTED", 3)
    assert "more than 3 entries in the state" in desk.get(reverse("web:contracts")).text


def test_the_validators_are_shown_with_their_share(
    house: Installation, members: Consortium, desk: Client
) -> None:
    alone = desk.get(reverse("web:validators")).text
    assert "Node operator" in alone
    assert "Here one node signs every block" in alone
    with network(house):
        page = desk.get(reverse("web:validators")).text
    assert "67 of 100 power needed" in page
    assert all(shown in page for shown in ("40.0%", "30.0%", "20.0%", "10.0%"))
    assert "Here one node" not in page


def test_a_validator_bears_the_name_of_the_member_whose_node_it_is(
    house: Installation, members: Consortium, desk: Client
) -> None:
    lender, other = members.lender.address, members.other_lender.address
    with network(house, run_by=[lender, other]):
        validators = desk.get(reverse("web:validators")).text
        block = desk.get(reverse("web:block", args=[1])).text
        account = desk.get(reverse("web:account", args=[other])).text
        supplier = desk.get(reverse("web:account", args=[members.supplier.address])).text
    for page in (validators, block):
        assert page.count("Example River Bank") == 1
    anchor = f"{reverse('web:validators')}#"
    assert f'"{anchor}{account_address(KEYS[1])}"' in account
    assert anchor not in supplier


# ---- files ----


def test_the_files_taken_away_hold_offline(house: Installation, members: Consortium, desk: Client) -> None:
    proposer = house.keys.public_key(members.operator.address)
    lender = members.lender.address
    included = desk.get(reverse("web:transaction_proof", args=[_data_hash(house)]))
    check_inclusion(parse_proof(included.content), proposer)
    for name, key in (
        ("account_proof", f"accounts/{lender}"),
        ("member_proof", f"membership/member/{lender}"),
    ):
        answer = desk.get(reverse(f"web:{name}", args=[lender]))
        proof = parse_proof(answer.content)
        check_state(proof, proposer)
        assert (proof.key, proof.value is not None) == (key, True)
        assert answer["Content-Disposition"].startswith("attachment")
    genesis = desk.get(reverse("web:genesis"))
    assert genesis.content == house.ledger.genesis()
    assert json.loads(genesis.content)["chain_id"] == house.ledger.chain_id


def test_bytes_in_a_block_that_are_no_transaction_have_their_page_and_no_content_for_members(
    house: Installation, members: Consortium, desk: Client, monkeypatch
) -> None:
    readers = [(desk, False), (at_work(everybody(house, members)["office.auditor"]), True)]
    junk, real = b"\xff no transaction", house.ledger.block(1)
    name = hashlib.sha256(junk).hexdigest()
    block = msgspec.structs.replace(
        real, entries=(Entry(junk, name),), results=(Result("malformed_transaction", b"", "Said aside."),)
    )
    receipt = Receipt(name, 1, 0, "malformed_transaction", "Said aside.", b"", real.header.time)
    monkeypatch.setattr(house.ledger, "block", lambda height: block)
    monkeypatch.setattr(house.ledger, "receipt", lambda transaction_hash: receipt)
    for client, readable in readers:
        assert "no readable transaction" in client.get(reverse("web:block", args=[1])).text
        page = client.get(reverse("web:transaction", args=[name])).text
        assert ("Said aside." in page) is readable
        assert (WITHHELD in page) is not readable
