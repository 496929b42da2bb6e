"""Filling in a form from a paper: what is shown, how each value is offered, and what speaks for it."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from tallystick.capture.reading import MAX_FILE_BYTES
from tallystick.evidence.papers import Field, Kind, Source, Status
from tallystick.lending.programme import Programme
from tallystick.web.figures import per_mille_as_percent
from tallystick.web.wording import words

PAPER_KINDS: Final[Mapping[Kind, Promise]] = MappingProxyType(
    {
        Kind.BUSINESS_LICENCE: _("Business licence"),
        Kind.IDENTITY_CARD: _("Identity card, front"),
        Kind.BANK_CARD: _("Bank card"),
    }
)
SOURCES: Final[Mapping[Source, Promise]] = MappingProxyType(
    {
        Source.ORIGINAL: _("from the electronic original"),
        Source.TEXT_LAYER: _("from the text of the PDF"),
        Source.CODE: _("from a code on the paper"),
        Source.OCR: _("read off the picture"),
    }
)
CHECKS: Final[Mapping[str, Promise]] = MappingProxyType(
    {
        "credit-code-check-digit": _("the check digit fits"),
        "registration-number-check-digit": _("the check digit fits"),
        "identity-number-check-digit": _("the check digit fits"),
        "luhn": _("the check digit fits"),
        "sources-agree": _("two sources agree"),
        "period-begins-when-founded": _("the period begins on that day"),
    }
)


class PaperForm(forms.Form):
    """One paper to be read."""

    use_required_attribute = False

    kind = forms.ChoiceField(
        label=_("Kind of paper"), choices=[(kind.value, word) for kind, word in PAPER_KINDS.items()]
    )
    file = forms.FileField(
        label=_("Picture or PDF"),
        help_text=_("JPEG, PNG, WebP or PDF, at most 20 MB. A phone may take the picture now."),
        widget=forms.FileInput(attrs={"accept": "image/jpeg,image/png,image/webp,application/pdf"}),
    )

    def clean_file(self) -> "UploadedFile[bytes]":
        """Return the upload, unless it is too large to be read into memory."""
        upload: UploadedFile[bytes] = self.cleaned_data["file"]
        if (upload.size or 0) > MAX_FILE_BYTES:
            raise forms.ValidationError(_("The file is larger than 20 MB."))
        return upload


@dataclass(frozen=True)
class Suggestion:
    """One value as it is offered.

    Attributes:
        now: what the form holds already; empty for nothing.
        is_ticked: whether it is taken over unless the applicant unticks it: never over another entry.
    """

    item: str
    label: str
    value: str
    now: str
    source: str | Promise
    score: str
    checks: tuple[str | Promise, ...]
    is_sure: bool
    is_ticked: bool


def offered_values(
    programme: Programme, found: Mapping[str, Field], now: Mapping[str, str]
) -> list[Suggestion]:
    """Return what was found, in the order of the form."""
    return [
        Suggestion(
            item.name,
            words(item.label),
            field.value,
            str(now.get(item.name, "")),
            SOURCES.get(field.source, field.source.value),
            "" if field.score is None else per_mille_as_percent(field.score // 10),
            tuple(CHECKS.get(check.name, check.name) for check in field.checks),
            field.status is Status.VERIFIED,
            now.get(item.name, "") in ("", field.value),
        )
        for item in programme.items
        if (field := found.get(item.name))
    ]
