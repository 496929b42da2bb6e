"""Applications at the stages that pages are asked about, brought there by the services."""

from tallystick.records.models import Application
from tallystick.services import applications, assessment, disbursement, offers
from tallystick.services.access import actor_of
from tallystick.services.installation import Installation
from tallystick.services.sample_books import STRONG, WEAK, Profile
from tests.installation import Consortium, filled_in


def submitted(house: Installation, members: Consortium, profile: Profile = STRONG) -> Application:
    application = filled_in(house, members, profile)
    assert applications.submit(house, actor_of(members.owner), application.reference).complete
    return fresh(application)


def assessed(house: Installation, members: Consortium, profile: Profile = STRONG) -> Application:
    application = submitted(house, members, profile)
    assessment.assess(house, actor_of(members.officer), application.reference)
    return fresh(application)


def declined(house: Installation, members: Consortium) -> Application:
    application = assessed(house, members, WEAK)
    assert application.stage == "declined"
    return application


def referred(house: Installation, members: Consortium) -> Application:
    """Return an application as if its points had fallen between the two limits."""
    application = assessed(house, members)
    Application.objects.filter(pk=application.pk).update(stage="referred")
    return fresh(application)


def offered(house: Installation, members: Consortium) -> Application:
    application = assessed(house, members)
    offers.make_offer(house, actor_of(members.officer), application.reference)
    return fresh(application)


def paid(house: Installation, members: Consortium) -> Application:
    application = offered(house, members)
    offers.confirm(house, actor_of(members.owner), application.reference)
    disbursement.disburse(house, actor_of(members.officer), application.reference)
    return fresh(application)


def unassigned(house: Installation, members: Consortium) -> Application:
    return applications.begin(house, actor_of(members.owner), lender_id=members.lender.pk)


def draft(house: Installation, members: Consortium) -> Application:
    programme = members.lender.programmes.get(retired_at=None)
    return applications.begin(house, actor_of(members.owner), programme_id=programme.pk)


def fresh(application: Application) -> Application:
    return Application.objects.get(pk=application.pk)
