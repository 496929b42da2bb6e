"""Electronic invoice: its structured data in XML, by a table of tags; no word is guessed.

The tags are those that publicly described forms of the electronic invoice use; a form with other tags
needs another entry here and no code. That a signature holds is not checked: the data say so much and no more.
"""

from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import Final
from xml.etree.ElementTree import Element

from tallystick.capture.draft import MAX_LINES, Draft, Reading
from tallystick.capture.figures import amount_text, capitals_text, date_text, number_text
from tallystick.evidence.papers import Source

MAX_VALUE: Final = 400

_Form = Callable[[str], str]
#: Tags by field; of several that are there, the first in the list.
FIELDS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "number": ("EIid", "EInvoiceNumber", "InvoiceNumber", "InvoiceNo", "Fphm", "FPHM"),
        "code": ("InvoiceCode", "Fpdm", "FPDM"),
        "date": ("IssueTime", "RequestTime", "IssueDate", "InvoiceDate", "Kprq", "KPRQ"),
        "check_code": ("InvoiceCheckCode", "CheckCode", "JYM"),
        "machine_number": ("MachineNo", "JQBH"),
        "buyer_name": ("BuyerName", "GMF_MC"),
        "buyer_tax_number": ("BuyerIdNum", "BuyerTaxID", "GMF_NSRSBH"),
        "seller_name": ("SellerName", "XSF_MC"),
        "seller_tax_number": ("SellerIdNum", "SellerTaxID", "XSF_NSRSBH"),
        "amount": ("TotalAmWithoutTax", "TaxExclusiveTotalAmount", "HJJE"),
        "tax": ("TotalTaxAm", "TaxTotalAmount", "HJSE"),
        "total": ("TotalTax-includedAmount", "TaxInclusiveTotalAmount", "JSHJ"),
        "total_in_capitals": ("TotalTax-includedAmountInChinese",),
    }
)
#: The element of one row of goods, and its tags by column.
ROWS: Final = ("IssuItemInformation", "GoodsInfo", "COMMON_FPKJ_XMXX", "Item")
COLUMNS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "name": ("ItemName", "XMMC", "Item"),
        "specification": ("SpecMod", "Specification", "GGXH"),
        "unit": ("MeaUnits", "MeasurementDimension", "DW"),
        "quantity": ("Quantity", "XMSL"),
        "unit_price": ("UnPrice", "Price", "XMDJ"),
        "amount": ("Amount", "XMJE"),
        "tax_rate": ("TaxRate", "TaxScheme", "SL"),
        "tax": ("ComTaxAm", "TaxAmount", "SE"),
    }
)
_FORMS: Final[Mapping[str, _Form]] = MappingProxyType(
    {
        "date": date_text,
        "total_in_capitals": capitals_text,
        **dict.fromkeys(("amount", "tax", "total"), amount_text),
        **dict.fromkeys(("quantity", "unit_price"), number_text),
    }
)


def read_invoice_xml(root: Element, draft: Draft) -> bool:
    """Note in ``draft`` what the XML says, and return whether it is an invoice: it has number and total."""
    rows = [node for node in root.iter() if _tag(node) in ROWS and len(node)]
    within = {id(node) for row in rows for node in row.iter()}
    values = {_tag(node): node.text or "" for node in root.iter() if id(node) not in within and not len(node)}
    found = dict(_values(values, FIELDS))
    if not (found.get("number") and found.get("total")):
        return False
    for name, value in found.items():
        draft.read(name, value, Source.ORIGINAL)
    for row in rows[:MAX_LINES]:
        cells = {_tag(node): node.text or "" for node in row.iter() if not len(node)}
        line = {name: Reading(value, Source.ORIGINAL) for name, value in _values(cells, COLUMNS)}
        if line:
            draft.read_line(line)
    return True


def _values(texts: Mapping[str, str], table: Mapping[str, tuple[str, ...]]) -> Iterator[tuple[str, str]]:
    for name, tags in table.items():
        text = next((texts[tag].strip() for tag in tags if texts.get(tag, "").strip()), "")
        value = _FORMS.get(name, str)(text[:MAX_VALUE]) if text else ""
        if name == "tax_rate" and value and not value.endswith("%"):
            value = _percent(value)
        if value:
            yield name, value


def _percent(text: str) -> str:
    """Return a rate such as 0.13 as 13%; what is no number stays as it is (exempt)."""
    number = number_text(text)
    if not number:
        return text
    whole, _, places = number.partition(".")
    if whole != "0" or not places:
        return f"{number}%"
    digits = (places + "00")[:2].lstrip("0") or "0"
    rest = places[2:].rstrip("0")
    return f"{digits}.{rest}%" if rest else f"{digits}%"


def _tag(node: Element) -> str:
    return str(node.tag).rpartition("}")[2]
