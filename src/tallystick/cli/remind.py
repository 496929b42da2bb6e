"""``tallystick remind``: mail about what waits for an answer, for a timer to run."""

import click

from tallystick.bootstrap.parts import installation, require_initialised
from tallystick.cli.output import emit, json_option
from tallystick.config import from_environment
from tallystick.services import reminders


@click.command()
@json_option
def remind() -> None:
    """Send mail to those who are to countersign deliveries: new, due soon, overdue; each once.

    For a timer to run; a second run sends nothing. Needs TALLYSTICK_MAIL_URL, TALLYSTICK_MAIL_FROM and
    TALLYSTICK_SITE_URL.
    """
    require_initialised()
    sent = reminders.send(installation(), site=from_environment().site_url)
    lines = [f"{sent.mails} mails about {sent.deliveries} deliveries."]
    lines += [f"Nobody of {address} has an address for mail." for address in sent.unreachable]
    emit(
        {"mails": sent.mails, "deliveries": sent.deliveries, "unreachable": list(sent.unreachable)},
        "\n".join(lines),
    )
