"""Who the caller is."""

from django.http import HttpRequest
from ninja import Router

from tallystick.api.auth import actor, user_of
from tallystick.api.schemas.common import member
from tallystick.api.schemas.people import Me
from tallystick.services.access import PERMISSIONS

router = Router()


@router.get("/me", response=Me, summary="The caller", operation_id="read_me")
def read_me(request: HttpRequest) -> Me:
    """Return the user, its member and what it may do."""
    asker, user = actor(request), user_of(request)
    own = user.member if user is not None else None
    return Me(
        username=user.username if user is not None else "",
        roles=sorted(asker.roles),
        member=None if own is None else member(own),
        may=[use_case for use_case in PERMISSIONS if asker.may(use_case)],
    )
