"""A file is what its bytes say, and may not be passed off as anything else."""

import pytest

from tallystick.capture.sniffing import check_declared, media_type_of
from tallystick.errors import Malformed, Rejection
from tests.capture import files

KNOWN = {
    "image/jpeg": files.picture("JPEG"),
    "image/png": files.picture("PNG"),
    "image/webp": files.picture("WEBP"),
    "application/pdf": files.pdf((72, 72)),
    "application/ofd": files.ofd(),
    "application/xml": files.INVOICE_XML,
    "video/mp4": b"\x00\x00\x00\x20ftypisom\x00\x00\x02\x00",
    "video/quicktime": b"\x00\x00\x00\x14ftypqt  \x00\x00\x02\x00",
    "video/webm": b"\x1a\x45\xdf\xa3\x9f\x42\x86\x81\x01\x42\xf7\x81\x01\x42\x82\x84webm",
}
UNKNOWN = {
    "nothing": b"",
    "html": b"<!DOCTYPE html><html><script>1</script></html>",
    "svg": b'<svg xmlns="http://www.w3.org/2000/svg" onload="1"/>',
    "gif": files.saved(files.Image.new("P", (2, 2)), "GIF"),
    "heic": b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00",
    "matroska": b"\x1a\x45\xdf\xa3\x93\x42\x82\x88matroska",
    "program": b"\x7fELF\x02\x01\x01",
    "playlist": b"#EXTM3U\n#EXTINF:10,\nfile:///etc/passwd\n",
    "zip that is no OFD": files.archive({"word/document.xml": files.INVOICE_XML}),
    "pdf behind something else": b"GIF89a" + files.pdf((72, 72)),
}


@pytest.mark.parametrize("kind", KNOWN)
def test_every_kind_that_is_taken_in_is_known_by_its_bytes(kind: str) -> None:
    assert media_type_of(KNOWN[kind]) == kind


@pytest.mark.parametrize("name", UNKNOWN)
def test_whatever_is_not_on_the_list_is_refused(name: str) -> None:
    with pytest.raises(Rejection) as refused:
        media_type_of(UNKNOWN[name])
    assert refused.value.code == ("heic_picture" if name == "heic" else "unknown_media_type")


@pytest.mark.parametrize(
    ("media_type", "name", "declared"),
    [
        ("image/jpeg", "Lieferschein.JPG", "image/jpeg"),
        ("image/jpeg", "货物", None),
        ("image/jpeg", "a.b.jpeg", "application/octet-stream"),
        ("application/xml", "invoice.xml", "text/xml; charset=utf-8"),
        ("application/ofd", "invoice.ofd", "application/zip"),
        ("video/mp4", "IMG_1.MOV", "video/quicktime"),
    ],
)
def test_a_true_name_and_declaration_are_accepted(media_type: str, name: str, declared: str | None) -> None:
    check_declared(media_type, name, declared)


@pytest.mark.parametrize(
    ("media_type", "name", "declared", "said"),
    [
        ("image/png", "photo.jpg", "image/png", ".jpg"),
        ("image/jpeg", "photo.jpg.exe", None, ".exe"),
        ("image/jpeg", "photo", "text/html", "text/html"),
        ("application/pdf", "a.pdf", "image/jpeg", "image/jpeg"),
        ("video/webm", "a.mp4", None, ".mp4"),
    ],
)
def test_a_lie_about_the_kind_is_refused(media_type: str, name: str, declared: str | None, said: str) -> None:
    with pytest.raises(Rejection) as refused:
        check_declared(media_type, name, declared)
    assert refused.value.code == "media_type_mismatch"
    assert refused.value.details["said"] == said


@pytest.mark.parametrize("brand", [b"heic", b"heix", b"mif1"])
def test_a_phones_heic_picture_is_refused_with_what_to_do(brand: bytes) -> None:
    with pytest.raises(Malformed, match="most compatible") as refused:
        media_type_of(b"\x00\x00\x00\x18ftyp" + brand + b"\x00" * 40)
    assert refused.value.code == "heic_picture"
