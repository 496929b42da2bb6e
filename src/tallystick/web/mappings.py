"""The forms in which invoice books can be handed in, in words that an applicant understands."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

#: Name of a mapping -> what the applicant chooses.
MAPPING_LABELS: Final[Mapping[str, str | Promise]] = MappingProxyType(
    {
        "tallystick": _("Our template (CSV)"),
        "cumcm2020c-a1": _("Contest data 2020 C, annex 1 (Chinese columns)"),
        "cumcm2020c-a2": _("Contest data 2020 C, annex 2 (Chinese columns)"),
        "tax-ccf2020": _("Tax declarations published in 2020 (CCF)"),
    }
)


def mapping_label(name: str) -> str | Promise:
    """Return the words for a mapping; its own name where none are listed."""
    return MAPPING_LABELS.get(name, name)
