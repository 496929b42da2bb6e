"""Suggesting: what a paper that the applicant shows can fill in on its form; the paper is not kept (O2)."""

from collections.abc import Mapping, Sequence
from typing import Final

from tallystick.errors import Conflict, Malformed
from tallystick.evidence.papers import Field, Kind
from tallystick.evidence.suggestions import SUGGESTED, suggestions
from tallystick.services.access import Actor
from tallystick.services.applications import EDITABLE
from tallystick.services.assessment import rulebook_of
from tallystick.services.casework import find_as_applicant
from tallystick.services.documents import read_paper

#: Kinds of paper that a form can be filled in from.
KINDS: Final = tuple(SUGGESTED)


def suggest(actor: Actor, reference: str, kind: Kind, files: Sequence[bytes]) -> Mapping[str, Field]:
    """Return, by item of the form, what a paper says; neither the files nor the values are kept.

    The applicant confirms or changes each value, and saves it by ``services.applications.fill``.

    Args:
        files: front and back, or pages, in their order.

    Raises:
        Forbidden: ``not_permitted``. NotFound: ``unknown_application``.
        Conflict: ``not_editable``, ``no_programme_yet``.
        Malformed: ``nothing_to_suggest`` when nothing on it fits the form, or its checks fail.
        Malformed, TooLarge, Unavailable: as ``services.documents.read_paper``.
    """
    actor.require("apply")
    application = find_as_applicant(actor, reference)
    programme = rulebook_of(application).programme
    if application.stage not in EDITABLE:
        raise Conflict("not_editable", "The application was submitted and can no longer be changed.")
    if kind not in SUGGESTED:
        raise Malformed("nothing_to_suggest", "A form is not filled in from this kind of paper.")
    asked = {item.name for item in programme.items}
    read = suggestions(read_paper(kind, files))
    found = {item: field for item, field in read.items() if item in asked}
    if not found:
        raise Malformed(
            "nothing_to_suggest", "Nothing on the paper that holds its checks fits an item of the form."
        )
    return found
