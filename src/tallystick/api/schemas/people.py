"""The caller as the API knows it."""

from tallystick.api.schemas.common import Member, Shown


class Me(Shown):
    """Who the token or session stands for, and which use cases that user may carry out."""

    username: str
    roles: list[str]
    member: Member | None
    may: list[str]
