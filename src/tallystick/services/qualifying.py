"""The qualification that an offer rests on: the supplier's latest live decision at this lender (row E10).

A decision is live for as many days as the programme says. It serves the application that it was made for, or,
where it was made for none, the first one that an offer is made on: what was granted once is not lent twice.
"""

from datetime import timedelta

from django.db.models import Q

from tallystick.errors import Conflict
from tallystick.lending.programme import Programme
from tallystick.lending.qualification import Qualification
from tallystick.records.models import Application
from tallystick.records.models import Qualification as Row
from tallystick.services.casework import keep_finding
from tallystick.services.installation import Installation
from tallystick.values import canonical


def live(installation: Installation, application: Application, programme: Programme) -> Row | None:
    """Return the decided qualification that an offer on ``application`` would rest on now, if any.

    The latest decision counts, whatever it says; a query that is not decided does not.
    """
    if programme.qualification.need == "none":
        return None
    since = installation.clock.now() - timedelta(days=programme.qualification.valid_days)
    rows = Row.objects.filter(
        Q(application=application) | Q(application=None),
        lender_id=application.lender_id,
        supplier_id=application.applicant_id,
        decided_at__gt=since,
    )
    return rows.exclude(outcome="").order_by("-decided_at", "-pk").first()


def use(installation: Installation, application: Application, programme: Programme) -> Qualification | None:
    """Return the live qualification as a value, and keep it among the findings of the application.

    A grant that was made for no application is from now on this one's. Called within the commit of the offer.

    Raises:
        Conflict: ``qualification_required`` when the programme asks for one and none is live.
        Malformed: ``currency_mismatch`` when it grants another currency than the programme lends.
    """
    row = live(installation, application, programme)
    while row is not None and not _claimed(row, application):  # another offer was faster
        row = live(installation, application, programme)
    if row is None:
        application.findings.filter(kind="qualification").delete()
        if programme.qualification.need == "required":
            raise Conflict(
                "qualification_required", "The programme asks for a qualification of the supplier first."
            )
        return None
    qualified = as_value(row)
    keep_finding(installation, application, "qualification", qualified.document())
    return qualified


def _claimed(row: Row, application: Application) -> bool:
    """Make a grant the application's own, in one statement; a decline stays what it is for all."""
    if row.outcome != "grant":
        return True
    free = Row.objects.filter(pk=row.pk).filter(Q(application=None) | Q(application=application))
    return free.update(application=application) == 1


def as_value(row: Row) -> Qualification:
    """Return a decided row as the value that offers are held against.

    Raises:
        Conflict: ``not_decided``.
    """
    if row.decided_at is None:
        raise Conflict("not_decided", "The qualification is not decided yet.")
    return Qualification(
        reference=row.reference,
        outcome="grant" if row.outcome == "grant" else "decline",
        amount=row.amount,
        rate=row.rate,
        decided_on=row.decided_at.date(),
        findings=canonical.digest(row.findings),
    )
