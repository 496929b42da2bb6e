"""The certificate card of a block: who signed it, with which share of the power, after how many rounds."""

from dataclasses import dataclass

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from tallystick.ledger.answers import Assent, Certificate
from tallystick.ledger.protocols import Engine
from tallystick.services import explorer, ledger_state
from tallystick.services.disclosure import Viewer
from tallystick.web.power import power_bar, share


@dataclass(frozen=True)
class AssentRow:
    """One validator of a block's height; ``name`` is empty when its member is not known."""

    assent: Assent
    name: str
    share: str
    is_proposer: bool


@dataclass(frozen=True)
class CertificateCard:
    """What makes a block final, in words and as a picture.

    Attributes:
        certificate: as the engine gives it.
        is_final: whether more than two thirds of the power signed.
        words: who signed, in a sentence.
        rounds: how the round went, in a sentence.
        picture: the same as SVG.
        rows: the validators, those who signed first.
    """

    certificate: Certificate
    is_final: bool
    words: str
    rounds: str
    picture: SafeString
    rows: list[AssentRow]


def certificate_card(ledger: Engine, viewer: Viewer, height: int) -> CertificateCard | None:
    """Return the card of a committed block, or None where nobody has to sign it."""
    certificate = explorer.certificate(ledger, height)
    if certificate is None:
        return None
    total = sum(each.power for each in certificate.assents)
    signed = [each for each in certificate.assents if each.signature]
    power = sum(each.power for each in signed)
    words = _("%(signed)s of %(count)s validators signed, with %(share)s of the power.") % {
        "signed": len(signed),
        "count": len(certificate.assents),
        "share": share(power, total),
    }
    names = ledger_state.validator_names(ledger, viewer, [each.address for each in certificate.assents])
    rows = [
        AssentRow(
            each,
            names.get(each.address, ""),
            share(each.power, total),
            each.address == certificate.proposer,
        )
        for each in sorted(certificate.assents, key=lambda each: not each.signature)
    ]
    return CertificateCard(
        certificate,
        power * 3 > total * 2,
        words,
        _rounds(certificate.round),
        power_bar(words, certificate.assents),
        rows,
    )


def _rounds(number: int) -> str:
    if number == 0:
        return _("The first proposal was agreed on.")
    return _("It took %(rounds)s rounds: earlier proposals found no majority in time.") % {
        "rounds": number + 1
    }
