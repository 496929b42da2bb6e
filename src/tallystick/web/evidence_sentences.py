"""What the error codes of files, deliveries and consents say in the reader's language."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

#: Codes with which a file may be refused while it is sent or taken in; the upload page carries them all.
OF_FILES: Final[Mapping[str, Promise]] = MappingProxyType(
    {
        "heic_picture": _(
            "This is a HEIC picture, which cannot be read here. Set the phone's camera to the most compatible"
            " format (JPEG), or send a screenshot of the picture."
        ),
        "no_text_found": _("Nothing on the paper can be read; send a sharper, lighter picture."),
        "not_this_kind": _("The words of this kind of paper are not on it; is it another kind?"),
        "nothing_to_suggest": _("Nothing on the paper that holds its checks fits an item of the form."),
        "archive_too_large": _("The document unpacks to more than can be opened."),
        "animated_picture": _("The picture moves; send a still picture, or a film."),
        "capture_busy": _("Too many files are being read just now; try again in a minute."),
        "capture_worker_unavailable": _("The file could not be read just now; try again."),
        "empty_file": _("The file is empty."),
        "encrypted_document": _("The document is encrypted; send it without a password or restrictions."),
        "file_not_readable": _("The file is damaged, or is not what its name says."),
        "file_too_demanding": _("Reading the file needs more time or memory than one file may have."),
        "film_too_large": _("The film is longer or larger than can be opened."),
        "media_too_large": _("The file is larger than a file may be."),
        "media_type_mismatch": _("The file is of another kind than its name says."),
        "nested_archive": _("The document holds another archive, which is not opened."),
        "piece_differs": _("The file changed while it was being sent; send it again."),
        "picture_too_large": _("The picture has more points than can be opened; send a smaller one."),
        "too_many_loose_files": _("Too many files wait for a delivery; send or remove some of them."),
        "too_many_pages": _("The document has more pages than one document may have."),
        "too_many_uploads": _("Too many files are being sent at once; wait for the first ones."),
        "unknown_media": _("There is no such file."),
        "unknown_media_type": _("The file is neither a picture, a film nor a document that can be read."),
        "unknown_upload": _("The upload ended or is too old; send the file again."),
        "unsafe_entry_name": _("The document is not built as a document should be, and is not opened."),
        "unsafe_xml": _("The XML file declares a document type or entities, which are not read."),
        "upload_differs": _("What arrived is not what was sent; send the file again."),
        "xml_too_large": _("The XML file holds more than can be opened."),
    }
)
#: Codes of deliveries, countersignatures, media and consents.
EVIDENCE: Final[Mapping[str, Promise]] = MappingProxyType(
    {
        **OF_FILES,
        "already_answered": _("The request was answered already."),
        "already_withdrawn": _("This was taken back already."),
        "bad_consent_period": _("A consent must end after today, and within five years."),
        "bad_due_date": _("The answer must be due after now, and within two years."),
        "bad_location": _("Give an address that begins with https://, the SHA-256 and the size of the film."),
        "bad_scope": _("Say which deliveries the consent covers."),
        "buyer_not_active": _("The buyer's membership is suspended or has ended; it cannot countersign."),
        "consent_expired": _("The supplier's consent has ended, or is not on the ledger yet."),
        "consent_missing": _("The supplier has not consented to let you read this."),
        "consent_withdrawn": _("The supplier has taken back its consent."),
        "countersignature_invalid": _("The signature is not that of the key over this delivery."),
        "media_missing": _("This installation does not keep the file."),
        "no_media": _("Add at least one picture, document or film of the delivery."),
        "not_waiting": _("The delivery does not wait for an answer any more."),
        "not_your_key": _("The key is neither your institution's nor one that it has registered."),
        "own_buyer": _("A supplier cannot countersign its own deliveries."),
        "repeated_medium": _("The same file is there twice; remove one of them."),
        "too_many_media": _("A delivery holds at most 20 files."),
        "already_decided": _("This is decided already; ask again for a new query."),
        "bad_days": _("A query reaches back one day to ten years."),
        "bad_decision": _("Grant with an amount and a rate, or decline with neither; and give a reason."),
        "qualification_required": _("The programme asks for a qualification of the supplier first."),
        "not_by_hand": _("Say at least one figure that you have seen."),
        "not_examined": _("The ledger has not answered the query yet."),
        "unknown_qualification": _("There is no such query."),
        "unknown_core": _("A core enterprise that was named is no member here."),
        "too_many_cores": _("At most 20 core enterprises can be named."),
        "unknown_record": _("The query gave no such record."),
        "unknown_product_family": _("No registered model knows this product family."),
        "unknown_supplier": _("No member has that account address here."),
        "unknown_buyer": _("No enterprise has that account address here."),
        "unknown_consent": _("There is no such consent."),
        "unknown_delivery": _("There is no such delivery."),
        "unknown_recipient": _("No lender has that account address here."),
        "unknown_reason": _("Choose one of the reasons."),
    }
)
