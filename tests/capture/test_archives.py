"""An OFD document unpacks within its limits, and XML says nothing but what stands in it."""

import struct
import warnings
from io import BytesIO
from zipfile import ZIP_STORED, ZipFile, ZipInfo

import pytest

from tallystick.capture import archives
from tallystick.errors import Rejection
from tests.capture import files


def refusal(data: bytes) -> str:
    with pytest.raises(Rejection) as refused:
        archives.entries(data)
    return refused.value.code


def xml_refusal(data: bytes) -> str:
    with pytest.raises(Rejection) as refused:
        archives.parse_xml(data)
    return refused.value.code


def test_an_ofd_document_is_unpacked_by_path() -> None:
    found = archives.entries(files.ofd())
    assert found == {"OFD.xml": files.OFD_ROOT, "Doc_0/Document.xml": files.INVOICE_XML}


def test_a_zip_bomb_is_stopped_by_what_comes_out_of_it() -> None:
    assert refusal(files.ofd(bomb=bytes(30_000_000))) == "archive_too_large"
    noise = bytes(range(256)) * 40
    parts = {f"part{number}": noise + bytes(900_000) for number in range(60)}
    assert refusal(files.archive(parts)) == "archive_too_large"


def test_a_header_that_lies_about_its_size_does_not_widen_the_limit() -> None:
    data = files.ofd(bomb=bytes(30_000_000))
    lying = data.replace(struct.pack("<I", 30_000_000), struct.pack("<I", 10))
    assert lying != data
    assert refusal(lying) in {"archive_too_large", "file_not_readable"}


def test_too_many_entries_are_refused_before_the_directory_is_read() -> None:
    parts = {str(number): b"" for number in range(archives.MAX_ENTRIES + 1)}
    assert refusal(files.archive(parts)) == "archive_too_large"
    parts.popitem()
    assert len(archives.entries(files.archive(parts))) == archives.MAX_ENTRIES


@pytest.mark.parametrize(
    "name", ["../../etc/passwd", "/etc/passwd", "Doc_0/../../x", "a\\..\\b", "C:x", "a\nb", "x" * 241]
)
def test_a_path_that_leads_out_is_refused(name: str) -> None:
    assert refusal(files.archive({name: b"x"})) == "unsafe_entry_name"


def test_a_link_and_a_name_twice_are_refused() -> None:
    link = ZipInfo("OFD.xml")
    link.external_attr = 0o120777 << 16
    file = BytesIO()
    with ZipFile(file, "w") as opened:
        opened.writestr(link, "/etc/passwd")
    assert refusal(file.getvalue()) == "unsafe_entry_name"
    with warnings.catch_warnings(), ZipFile(file, "w") as opened:
        warnings.simplefilter("ignore")
        opened.writestr("OFD.xml", b"shown")
        opened.writestr("OFD.xml", b"meant")
    assert refusal(file.getvalue()) == "unsafe_entry_name"


def test_an_archive_in_an_archive_is_refused() -> None:
    assert refusal(files.ofd(inner=files.archive({"x": b"y"}))) == "nested_archive"


def test_encrypted_cut_off_and_damaged_archives_are_refused() -> None:
    whole = files.ofd()
    locked = bytearray(whole)
    for mark, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        locked[whole.index(mark) + place] |= 1
    assert refusal(bytes(locked)) == "file_not_readable"
    assert refusal(whole[:-30]) == "file_not_readable"
    file = BytesIO()
    with ZipFile(file, "w", ZIP_STORED) as opened:
        opened.writestr("OFD.xml", b"content")
    assert refusal(file.getvalue().replace(b"content", b"contend", 1)) == "file_not_readable"


def test_xml_is_read_with_its_text_in_utf8_and_in_chinese_encodings() -> None:
    assert archives.parse_xml(files.INVOICE_XML).findtext("Number") == "1"
    for encoding in ("GBK", "gb18030", "GB2312"):
        text = f'<?xml version="1.0" encoding="{encoding}"?><发票><名称>钢板</名称></发票>'
        assert archives.parse_xml(text.encode(encoding)).findtext("名称") == "钢板"


@pytest.mark.parametrize(
    "body",
    [
        '<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/hostname">]><r>&x;</r>',
        '<!DOCTYPE r SYSTEM "http://127.0.0.1:9/x.dtd"><r/>',
        '<!DOCTYPE r [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]><r>&b;&b;</r>',
        '<!DOCTYPE r [<!ENTITY % p SYSTEM "file:///etc/hostname"> %p;]><r/>',
    ],
)
def test_entities_and_document_types_are_refused(body: str) -> None:
    assert xml_refusal(f'<?xml version="1.0"?>{body}'.encode()) == "unsafe_xml"


def test_a_web_page_or_drawing_dressed_as_xml_is_refused() -> None:
    for root in ('<svg xmlns="http://www.w3.org/2000/svg"/>', '<html xmlns="http://www.w3.org/1999/xhtml"/>'):
        assert xml_refusal(f'<?xml version="1.0"?>{root}'.encode()) == "unknown_media_type"


def test_xml_that_is_too_deep_too_wide_or_broken_is_refused() -> None:
    deep = archives.MAX_XML_DEPTH + 1
    assert xml_refusal(b"<a>" * deep + b"</a>" * deep) == "xml_too_large"
    assert xml_refusal(b"<r>" + b"<a/>" * archives.MAX_XML_ELEMENTS + b"</r>") == "xml_too_large"
    assert xml_refusal(b" " * (archives.MAX_XML_BYTES + 1)) == "xml_too_large"
    for broken in (b"", b"<a>", b"<a></b>", b"<a>\xff</a>", b'<?xml version="1.0" encoding="none"?><a/>'):
        assert xml_refusal(broken) == "file_not_readable"
