"""Who and what is on the ledger: accounts, contracts, validators."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.functional import Promise
from django.views.decorators.http import require_GET

from tallystick.bootstrap.parts import installation
from tallystick.contracts import membership
from tallystick.services import ledger_state
from tallystick.services.access import Actor
from tallystick.services.explorer import viewer_of
from tallystick.services.ledger_state import AccountSeen, ContractSeen, ValidatorSeen
from tallystick.web import ledger_words
from tallystick.web.asking import for_members
from tallystick.web.ledger_words import Standing
from tallystick.web.power import share
from tallystick.web.templatetags.tallystick_ui import block_time

ACCOUNTS_PER_PAGE: Final = 25


@dataclass(frozen=True)
class AccountRow:
    """One account as the list and its own page show it."""

    seen: AccountSeen
    standing: Standing
    roles: str


@dataclass(frozen=True)
class ContractCard:
    """One contract with a sentence for itself and for each of its actions."""

    seen: ContractSeen
    purpose: str | Promise
    actions: list[tuple[str, str | Promise]]


@dataclass(frozen=True)
class ValidatorRow:
    """One validator with its share of the power."""

    seen: ValidatorSeen
    share: str


@require_GET
@for_members
def accounts(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Return the accounts in the order of their addresses."""
    ledger = installation().ledger
    listed = ledger_state.accounts(ledger, viewer_of(ledger, actor))
    page = Paginator(listed.accounts, ACCOUNTS_PER_PAGE).get_page(request.GET.get("page"))
    rows = [_row(ledger_state.with_member(ledger, *each)) for each in page]
    context = {"rows": rows, "page": page, "listed": listed, "most": ledger_state.MAX_ACCOUNTS}
    return render(request, "web/ledger/accounts.html", context)


@require_GET
@for_members
def account(request: HttpRequest, actor: Actor, address: str) -> HttpResponse:
    """Return one account: whose it is, how it stands, and with which key it signs."""
    ledger = installation().ledger
    viewer = viewer_of(ledger, actor)
    seen = ledger_state.account(ledger, viewer, address)
    use = membership.key_use_from_state(ledger.read, seen.account.key)
    context = {
        "row": _row(seen),
        "key_since": _moment(use.used_from if use else None),
        "joined": _moment(seen.member.joined_at if seen.member else None),
        "validates": ledger_state.validators_of(ledger, viewer, address),
    }
    return render(request, "web/ledger/account.html", context)


@require_GET
@for_members
def contracts(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Return the contracts that the ledger runs, each with what it can be asked to do."""
    cards = [
        ContractCard(
            each,
            ledger_words.CONTRACTS.get(each.name, ""),
            [(action, ledger_words.ACTIONS.get((each.name, action), "")) for action in each.actions],
        )
        for each in ledger_state.contracts(installation().ledger)
    ]
    return render(request, "web/ledger/contracts.html", {"cards": cards})


@require_GET
@for_members
def validators(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Return who decides on the next block, with which share of the power."""
    ledger = installation().ledger
    found = ledger_state.validators(ledger, viewer_of(ledger, actor))
    rows = [ValidatorRow(each, share(each.validator.power, each.total_power)) for each in found]
    total = sum(each.validator.power for each in found)
    # The least whole power that is more than two thirds of all.
    return render(
        request, "web/ledger/validators.html", {"rows": rows, "total": total, "needed": total * 2 // 3 + 1}
    )


def _row(seen: AccountSeen) -> AccountRow:
    return AccountRow(seen, ledger_words.standing_of(seen), ledger_words.roles_of(seen))


def _moment(time_ms: int | None) -> datetime | None:
    return None if time_ms is None else block_time(time_ms)
