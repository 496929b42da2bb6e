"""What ``tallystick evidence record`` to ``chain`` do: the same use cases as the pages and the API."""

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import Any, Final

from tallystick.bootstrap.parts import installation, require_initialised
from tallystick.cli.output import emit, table
from tallystick.errors import Forbidden, Malformed, NotFound
from tallystick.evidence.papers import Kind
from tallystick.records.models import Consent, Delivery, Member, Qualification
from tallystick.services import chain as tracing
from tallystick.services import consents, media, qualification, signing_in
from tallystick.services import deliveries as service
from tallystick.services.access import Actor
from tallystick.values.calendar import parse_date
from tallystick.values.money import Money
from tallystick.values.rates import Rate

#: How far ahead an answer is due where no day is given.
DUE: Final = timedelta(days=14)
#: How long a consent holds where no day is given.
CONSENT: Final = timedelta(days=90)


def record(
    supplier: str,
    buyer: str,
    due: str | None,
    documents: Sequence[tuple[str, Path]],
    files: Sequence[Path],
    username: str,
    password: str,
) -> None:
    """Take the files in and put the delivery on the ledger; nothing stays when it is refused."""
    actor, house = _actor(username, password, supplier), installation()
    now = house.clock.now()
    due_at = now + DUE if due is None else datetime.combine(parse_date(due), time.max, now.tzinfo)
    taken: list[int] = []
    try:
        for kind, path in [(None, path) for path in files] + [(Kind(kind), path) for kind, path in documents]:
            taken.append(media.keep(house, actor, path, path.name, paper_kind=kind).pk)
        made = service.submit(house, actor, buyer=buyer, media_ids=taken, due_at=due_at)
    except Exception:
        for each in taken:
            with suppress(NotFound):  # a delivery that was saved all the same keeps its files
                media.discard(house, actor, each)
        raise
    where = f"at storage address {made.request}" if made.request else "on its way to the ledger"
    emit(_delivery(made), f"{made.reference} is {where}, with the media hash {made.media_hash}.")


def accept(reference: str, username: str, password: str) -> None:
    """Countersign with the institution's key."""
    signed = service.sign(installation(), _actor(username, password), reference)
    where = f" at storage address {signed.record}" if signed.record else ""
    emit(_delivery(signed), f"{reference} is {signed.stage}{where}.")


def refuse(reference: str, reason: str, note: str, username: str, password: str) -> None:
    """Refuse as the buyer."""
    refused = service.refuse(installation(), _actor(username, password), reference, reason, note)
    emit(_delivery(refused), f"{reference} is {refused.stage}.")


def consent(
    lender: str, until: str | None, deliveries: Sequence[str], books: bool, username: str, password: str
) -> None:
    """Give a consent."""
    actor, house = _actor(username, password), installation()
    now = house.clock.now()
    last = now.date() + CONSENT if until is None else parse_date(until)
    purpose = consents.ADMISSION if books else consents.QUALIFICATION
    given = consents.grant(
        house,
        actor,
        recipient=lender,
        until=datetime.combine(last, time.max, now.tzinfo),
        scope=consents.scope_for(purpose, deliveries),
        purpose=purpose,
    )
    _say_consent(given, f"Consent {given.pk} holds until the end of {last}.")


def take_back(number: int, username: str, password: str) -> None:
    """Take a consent back."""
    taken = consents.withdraw(installation(), _actor(username, password), number)
    _say_consent(taken, f"Consent {number} is taken back; no read begins under it.")


def _say_consent(row: Consent, text: str) -> None:
    document = {"number": row.pk, "address": row.sent.address, "purpose": row.purpose, "scope": row.scope}
    emit(document | {"until": row.until.isoformat(), "withdrawn": row.withdrawn_at is not None}, text)


def query(
    supplier: str, lender: str, since: str | None, application: str, family: str, username: str, password: str
) -> None:
    """Ask, check and grade; say what it came to."""
    actor, house = _actor(username, password, lender), installation()
    days = qualification.DAYS if since is None else (house.clock.now().date() - parse_date(since)).days + 1
    row = qualification.query(house, actor, supplier, days=days, application=application, family=family)
    _say(row)


def decide(
    reference: str,
    lender: str,
    amount: str | None,
    rate: str | None,
    currency: str,
    decline: bool,
    reason: str,
    username: str,
    password: str,
) -> None:
    """Take the decision."""
    row = qualification.decide(
        installation(),
        _actor(username, password, lender),
        reference,
        outcome=qualification.DECLINE if decline else qualification.GRANT,
        reason=reason,
        amount=None if amount is None else Money.parse(amount, currency),
        rate=None if rate is None else Rate.parse(rate),
    )
    _say(row)


def chain(supplier: str, lender: str, cores: Sequence[str], username: str, password: str) -> None:
    """Trace by the latest query."""
    actor = _actor(username, password, lender)
    row = tracing.latest(actor, supplier)
    traced = tracing.trace(installation(), actor, row.reference, cores)
    names = {address: member.name for address, member in traced.members.items()}
    rows = [
        (
            str(link.level),
            names.get(link.supplier, link.supplier),
            names.get(link.buyer, link.buyer),
            str(link.deliveries),
            "" if link.value is None else str(link.value),
        )
        for link in traced.chain.links
    ]
    lines = [table(("Level", "From", "To", "Deliveries", "Value"), rows, (True, False, False, True, True))]
    lines += [
        f"Missing: {names.get(address, address)} ({sight})" for address, sight in traced.chain.missing.items()
    ]
    lines += [f"A circle: {' > '.join(names.get(each, each) for each in c)}" for c in traced.chain.cycles]
    lines += [f"Not whole: the limit of {limit} was reached." for limit in traced.limits]
    emit({"query": row.reference} | traced.document(), "\n".join(lines))


def _actor(username: str, password: str, member: str = "") -> Actor:
    """Return the person as an actor, who must act for ``member`` (account address) where one is named."""
    require_initialised()
    actor = signing_in.actor_by_password(username, password)
    named = Member.objects.filter(address=member).first() if member else None
    if member and (named is None or named.pk != actor.member_id):
        raise Forbidden("not_permitted", f"{username} does not act for that account.")
    return actor


def _delivery(row: Delivery) -> dict[str, Any]:
    names = ("reference", "stage", "request", "media_hash", "record", "record_hash")
    return {name: getattr(row, name) for name in names} | {
        "media": [{"file": each.file_name, "sha256": each.sha256} for each in row.media.all()]
    }


def _say(row: Qualification) -> None:
    if row.findings is None:
        raise Malformed("not_examined", "The ledger has not answered the query yet.")
    found: dict[str, Any] = row.findings
    decision = None
    if row.outcome:
        decision = {
            "outcome": row.outcome,
            "amount": None if row.amount is None else row.amount.text,
            "currency": row.currency,
            "annual_rate": row.annual_rate or None,
            "reason": row.reason,
        }
    document = found | {"reference": row.reference, "supplier": row.supplier.address, "decision": decision}
    rows = [
        (
            each["address"],
            each["delivery"] or each["buyer"],
            "counts" if each["counts"] else "does not count",
            str(each["tier"] or "none"),
            ", ".join(check["name"] for check in each["checks"] if check["outcome"] != "passed"),
        )
        for each in found["records"]
    ]
    lines = (
        [table(("Record", "Delivery", "Checks", "Tier", "Not passed"), rows, (False,) * 5)] if rows else []
    )
    lines.append(f"{row.reference}: {len(rows)} records; the supplier's tier is {found['tier'] or 'none'}.")
    lines += [f"  {each['text']['en']}" for each in found["reasons"]]
    if decision:
        lines.append(f"Decided: {row.outcome} {row.amount or ''} {row.annual_rate}".rstrip() + ".")
    emit(document, "\n".join(lines))
