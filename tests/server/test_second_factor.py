"""A copy of the database alone does not give away anybody's second factor."""

from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, hotp_value, yield_hotp_counters_from_time

from tallystick.services.consortium import enrol_second_factor
from tests.installation import Consortium

SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


def test_the_secret_is_sealed_in_the_database_and_its_codes_still_work(members: Consortium) -> None:
    enrol_second_factor(members.officer, SECRET)
    kept = Authenticator.objects.get(user=members.officer)
    assert SECRET not in str(kept.data)
    now = next(iter(yield_hotp_counters_from_time()))
    assert TOTP(kept).validate_code(format_hotp_value(hotp_value(SECRET, now)))
