"""Name and password given where there is no browser: wrong ones count towards the same lockout."""

from django.contrib.auth import authenticate
from django.http import HttpRequest

from tallystick.errors import Unauthorised
from tallystick.records.models import User
from tallystick.services.access import Actor, actor_of


def actor_by_password(username: str, password: str) -> Actor:
    """Return the person of that name as an actor.

    Raises:
        Unauthorised: ``wrong_password``, also for a name that nobody has or that is locked just now.
    """
    here = HttpRequest()  # what counts wrong passwords asks from where they come
    here.META["REMOTE_ADDR"] = "127.0.0.1"
    user = authenticate(request=here, username=username, password=password)
    if not isinstance(user, User) or not user.is_active:
        raise Unauthorised("wrong_password", "Name and password do not fit, or the name is locked just now.")
    return actor_of(user)
