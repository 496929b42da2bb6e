"""Reminders by mail: who is to countersign a delivery hears when it comes, before it is due and after.

A mail names what waits by its reference and day alone: who delivers to whom is no business of mail servers.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from smtplib import SMTPException
from typing import Final

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.utils import translation
from django.utils.translation import gettext

from tallystick.errors import Malformed, Unavailable
from tallystick.records.models import Delivery, Member, User
from tallystick.services import deliveries
from tallystick.services.access import actor_of
from tallystick.services.installation import Installation

#: How long before the due day the second reminder goes out.
SOON: Final = timedelta(days=2)
#: The steps of one delivery's reminders, each sent once; a later one takes the place of those before.
STEPS: Final = ("arrived", "soon", "overdue")
#: Deliveries that one mail lists, the most urgent first; more are counted.
LISTED_AT_MOST: Final = 30
#: Mails of one run.
MEMBERS_AT_MOST: Final = 1000
LANGUAGES: Final = ("en", "zh-hans")


@dataclass(frozen=True)
class Waiting:
    """A delivery that someone is reminded of: what it is called, its due time, and which step this is."""

    row: Delivery
    step: str


@dataclass(frozen=True)
class Sent:
    """What one run did.

    Attributes:
        mails: how many members were sent one.
        deliveries: how many the mails spoke of.
        unreachable: account addresses of members with something to answer and nobody to send mail to.
    """

    mails: int
    deliveries: int
    unreachable: tuple[str, ...]


def step_of(due_at: datetime, now: datetime) -> str:
    """Return the step of ``STEPS`` that a waiting delivery has come to."""
    if now >= due_at:
        return "overdue"
    return "soon" if now >= due_at - SOON else "arrived"


def send(installation: Installation, *, site: str) -> Sent:
    """Send each member one mail about the deliveries that have come to a new step.

    What a mail speaks of is marked once the mail server has taken it: a second run sends nothing, and after
    a failure it is sent again.

    Args:
        site: address of this installation's pages, for the link.

    Raises:
        Malformed: ``no_mail_server`` when no mail is set up, ``no_site_address``.
        Unavailable: ``mail_failed`` when the server does not take a mail; what was sent before stays sent.
    """
    if not settings.DEFAULT_FROM_EMAIL:
        raise Malformed("no_mail_server", "Set TALLYSTICK_MAIL_URL and TALLYSTICK_MAIL_FROM to send mail.")
    if not site:
        raise Malformed("no_site_address", "Set TALLYSTICK_SITE_URL: a reminder links to this site.")
    mails, told, unreachable = 0, 0, []
    for member in _members():
        waiting = _new_steps(installation, member)
        if not waiting:
            continue
        addresses = _addresses(member)
        if not addresses:
            unreachable.append(member.address)
            continue
        _post(addresses, waiting, site)
        for each in waiting:
            Delivery.objects.filter(pk=each.row.pk).update(reminded=each.step)
        mails += 1
        told += len(waiting)
    return Sent(mails, told, tuple(unreachable))


def _members() -> list[Member]:
    """Return the members who have people here and something to answer."""
    waiting = Delivery.objects.filter(stage="waiting").values("buyer_id")
    return list(Member.objects.filter(pk__in=waiting, users__isnull=False).distinct()[:MEMBERS_AT_MOST])


def _new_steps(installation: Installation, member: Member) -> list[Waiting]:
    now = installation.clock.now()
    rows = Delivery.objects.filter(buyer=member, stage="waiting").select_related("supplier", "sent")
    steps = [Waiting(row, step_of(row.due_at, now)) for row in rows.order_by("due_at", "pk")]
    new = [each for each in steps if each.step != each.row.reminded]
    # It may have been answered from elsewhere since this installation last looked.
    return [each for each in new if deliveries.follow(installation, each.row).stage == "waiting"]


def _addresses(member: Member) -> list[str]:
    people = User.objects.filter(member=member, is_active=True).exclude(email="").order_by("pk")
    return [person.email for person in people if actor_of(person).may("countersign")]


def _post(addresses: Sequence[str], waiting: Sequence[Waiting], site: str) -> None:
    """Hand one mail to the server, in every language one after the other: nobody is asked which is theirs."""
    subjects, texts = [], []
    for language in LANGUAGES:
        with translation.override(language):
            subjects.append(gettext("Deliveries wait for your countersignature"))
            texts.append(_text(waiting, site))
    connection = get_connection(fail_silently=False)
    mails = [
        EmailMessage(" · ".join(subjects), "\n\n".join(texts), to=[address], connection=connection)
        for address in addresses
    ]
    try:
        connection.send_messages(mails)
    except (OSError, SMTPException) as error:
        raise Unavailable("mail_failed", "The mail server did not take a reminder; try again.") from error


def _text(waiting: Sequence[Waiting], site: str) -> str:
    words = {
        "arrived": gettext("new"),
        "soon": gettext("due soon"),
        "overdue": gettext("overdue"),
    }
    lines = [
        f"- {each.row.reference}: {each.row.due_at:%Y-%m-%d %H:%M} UTC ({words[each.step]})"
        for each in waiting[:LISTED_AT_MOST]
    ]
    if len(waiting) > LISTED_AT_MOST:
        lines.append(gettext("and %(count)d more") % {"count": len(waiting) - LISTED_AT_MOST})
    opening = gettext("These deliveries wait for your answer; beside each is when it is due:")
    closing = gettext("Look at the files, then countersign or refuse:")
    return "\n".join([opening, "", *lines, "", f"{closing} {site.rstrip('/')}/deliveries/"])
