"""Electronic documents, made small: a born-digital PDF, an OFD and an invoice's XML."""

import zipfile
from collections.abc import Mapping, Sequence
from io import BytesIO

from tests.capture.specimens import Specimen
from tests.capture.words import Placed

_OFD = 'xmlns:ofd="http://www.ofdspec.org/2016"'


def pdf_of(words: Sequence[Placed], side: int = 1000) -> bytes:
    """One page with a text layer, set in a font that every reader has by name (Adobe-GB1)."""
    shown = "".join(
        f"BT /F1 {bottom - top:.1f} Tf {left:.1f} {side - bottom:.1f} Td "
        f"<{text.encode('utf-16-be').hex()}> Tj ET\n"
        for text, left, top, _, bottom in words
    ).encode()
    parts = (
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 %d %d]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>"
        % (side, side),
        b"<</Length %d>>stream\n%sendstream" % (len(shown), shown),
        b"<</Type/Font/Subtype/Type0/BaseFont/STSong-Light/Encoding/UniGB-UCS2-H/DescendantFonts[6 0 R]>>",
        b"<</Type/Font/Subtype/CIDFontType0/BaseFont/STSong-Light/DW 1000"
        b"/CIDSystemInfo<</Registry(Adobe)/Ordering(GB1)/Supplement 2>>/FontDescriptor 7 0 R>>",
        b"<</Type/FontDescriptor/FontName/STSong-Light/Flags 6/FontBBox[0 -200 1000 900]/ItalicAngle 0"
        b"/Ascent 800/Descent -200/CapHeight 700/StemV 80>>",
    )
    file, places = b"%PDF-1.4\n", []
    for number, part in enumerate(parts, 1):
        places.append(len(file))
        file += b"%d 0 obj%s\nendobj\n" % (number, part)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    return (
        file
        + b"xref\n0 8\n0000000000 65535 f \n%strailer<</Size 8/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF"
        % (
            table,
            len(file),
        )
    )


def invoice_xml(truth: Mapping[str, str], rows: Sequence[Mapping[str, str]] = ()) -> bytes:
    """The structured data of a fully digital invoice."""
    items = "".join(
        "<IssuItemInformation>"
        f"<ItemName>{row['name']}</ItemName><SpecMod>{row['specification']}</SpecMod>"
        f"<MeaUnits>{row['unit']}</MeaUnits><Quantity>{row['quantity']}</Quantity>"
        f"<UnPrice>{row['unit_price']}</UnPrice><Amount>{row['amount']}</Amount>"
        f"<TaxRate>0.13</TaxRate><ComTaxAm>{row['tax']}</ComTaxAm></IssuItemInformation>"
        for row in rows
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?><EInvoice><Header>'
        f"<EIid>{truth['number']}</EIid></Header><EInvoiceData><SellerInformation>"
        f"<SellerIdNum>{truth['seller_tax_number']}</SellerIdNum><SellerName>{truth['seller_name']}</SellerName>"
        f"</SellerInformation><BuyerInformation><BuyerIdNum>{truth['buyer_tax_number']}</BuyerIdNum>"
        f"<BuyerName>{truth['buyer_name']}</BuyerName></BuyerInformation><BasicInformation>"
        f"<TotalAmWithoutTax>{truth['amount']}</TotalAmWithoutTax><TotalTaxAm>{truth['tax']}</TotalTaxAm>"
        f"<TotalTax-includedAmount>{truth['total']}</TotalTax-includedAmount></BasicInformation>{items}"
        f"</EInvoiceData><TaxSupervisionInfo><IssueTime>{truth['date']} 10:00:00</IssueTime>"
        "</TaxSupervisionInfo></EInvoice>"
    ).encode()


def ofd_of(words: Sequence[Placed], attached: bytes | None = None) -> bytes:
    """One page of words, with the invoice's data beside it or not."""
    objects = "".join(
        f'<ofd:TextObject Boundary="{left / 5} {top / 5} {(right - left) / 5} {(bottom - top) / 5}">'
        f"<ofd:TextCode>{text}</ofd:TextCode></ofd:TextObject>"
        for text, left, top, right, bottom in words
    )
    head = '<?xml version="1.0" encoding="UTF-8"?>'
    files = {
        "OFD.xml": f"{head}<ofd:OFD {_OFD}><ofd:DocBody><ofd:DocRoot>Doc_0/Document.xml</ofd:DocRoot>"
        "</ofd:DocBody></ofd:OFD>",
        "Doc_0/Document.xml": f"{head}<ofd:Document {_OFD}><ofd:CommonData><ofd:PageArea>"
        "<ofd:PhysicalBox>0 0 210 140</ofd:PhysicalBox></ofd:PageArea></ofd:CommonData><ofd:Pages>"
        '<ofd:Page ID="1" BaseLoc="Pages/Page_0/Content.xml"/></ofd:Pages></ofd:Document>',
        "Doc_0/Pages/Page_0/Content.xml": f"{head}<ofd:Page {_OFD}><ofd:Content><ofd:Layer>{objects}"
        "</ofd:Layer></ofd:Content></ofd:Page>",
    }
    made = BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
        if attached:
            archive.writestr("Doc_0/Attachs/original_invoice.xml", attached)
    return made.getvalue()


def header_words(specimen: Specimen) -> tuple[Placed, ...]:
    """The number, date and total of an invoice as they stand on its page."""
    truth = specimen.truth
    year, month, day = truth["date"].split("-")
    return (
        ("电子发票(增值税专用发票)", 300, 40, 700, 70),
        (f"发票号码:{truth['number']}", 600, 80, 950, 100),
        (f"开票日期:{year}年{month}月{day}日", 600, 120, 900, 140),
        (f"价税合计(小写)¥{truth['total']}", 500, 500, 900, 520),
    )
