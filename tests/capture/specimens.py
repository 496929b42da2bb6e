"""Specimens: made-up documents of each kind with check digits that fit, drawn, and spoiled as cameras do.

Everything comes from a seed. Each is marked 样例 SPECIMEN; no person or company is meant.
"""

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from io import BytesIO
from pathlib import Path

import numpy as np
import zxingcpp
from PIL import Image, ImageDraw, ImageEnhance, ImageFilter, ImageFont

from tallystick.evidence.papers import Kind
from tallystick.values.identifiers import (
    bank_card_check_digit,
    credit_code_check_digit,
    identity_number_check_digit,
)
from tests.parts import missing

FONT = Path("/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc")
SIMPLIFIED = 2  # face of the collection
MARK = "样例 SPECIMEN"
Row = dict[str, str]

_CITIES = ("青岛", "杭州", "苏州", "成都", "武汉", "长沙")
_WORDS = ("华远", "金桥", "东升", "同泰", "新禾", "立成")
_TRADES = ("橡胶制品", "五金机电", "食品贸易", "包装材料", "建材")
_GOODS = (
    ("丁腈手套", "M码", "箱"),
    ("轴承", "6204-2RS", "只"),
    ("电缆线", "YJV-3x4", "米"),
    ("包装膜", "500mm", "卷"),
)
_MORE = (
    ("水泥", "P.O42.5", "袋"),
    ("螺栓", "M12x80", "支"),
    ("润滑油", "L-HM46", "桶"),
    ("面粉", "25kg", "袋"),
)
_DIGITS = "零壹贰叁肆伍陆柒捌玖"


@dataclass(frozen=True)
class Specimen:
    """One document.

    Attributes:
        truth: what its fields are, in canonical form.
        rows: its goods.
    """

    kind: Kind
    image: Image.Image
    truth: Mapping[str, str]
    rows: tuple[Row, ...] = ()


def font(size: int) -> ImageFont.FreeTypeFont:
    if not FONT.exists():
        missing(f"{FONT} is not installed (Debian: apt-get install fonts-noto-cjk).")
    return ImageFont.truetype(str(FONT), size, index=SIMPLIFIED)


def capitals(amount: Decimal) -> str:
    """The amount in Chinese capitals, by the usual rules for zeros."""
    whole, cents = divmod(int(amount * 100), 100)
    text, zero = "", False
    for place, digit in zip(range(len(str(whole)) - 1, -1, -1), map(int, str(whole)), strict=True):
        if digit:
            text += ("零" if zero else "") + _DIGITS[digit] + ("", "拾", "佰", "仟")[place % 4]
        zero = not digit
        if place == 4:
            text, zero = f"{text}万", False
    dimes, cent = divmod(cents, 10)
    tail = (f"{_DIGITS[dimes]}角" if dimes else "") + (f"{_DIGITS[cent]}分" if cent else "")
    return f"{text}圆{tail or '整'}"


class Maker:
    """Draws documents from one seed."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)  # noqa: S311 - the same documents in every run

    def digits(self, count: int) -> str:
        return "".join(self.chance.choices("0123456789", k=count))

    def company(self) -> str:
        pick = self.chance.choice
        return f"{pick(_CITIES)}{pick(_WORDS)}{pick(_TRADES)}有限公司"

    def credit_code(self) -> str:
        body = "91" + self.chance.choice(("370203", "330106", "510104")) + self.digits(5)
        body += "".join(self.chance.choices("ABCDEFGHJKLMNPQRTUWXY0123456789", k=4))
        return body + credit_code_check_digit(body)

    def day(self, first: int = 2019) -> date:
        return date(first, 1, 1) + timedelta(days=self.chance.randrange(2000))

    def goods(self, count: int = 4) -> tuple[tuple[Row, ...], Decimal]:
        rows = []
        for name, specification, unit in self.chance.sample(_GOODS + _MORE, count):
            quantity, price = (
                Decimal(self.chance.randint(5, 400)),
                Decimal(self.chance.randint(150, 90000)) / 100,
            )
            amount = f"{quantity * price:.2f}"
            rows.append(
                {
                    "name": name,
                    "specification": specification,
                    "unit": unit,
                    "quantity": str(quantity),
                    "unit_price": f"{price:.2f}",
                    "amount": amount,
                }
            )
        return tuple(rows), sum((Decimal(row["amount"]) for row in rows), Decimal(0))

    def business_licence(self) -> Specimen:
        founded = self.day(2010)
        truth = {
            "credit_code": self.credit_code(),
            "name": self.company(),
            "type": "有限责任公司",
            "address": f"{self.chance.choice(_CITIES)}市文化路{self.chance.randint(1, 900)}号",
            "legal_representative": self.chance.choice(("王建国", "李晓梅", "陈志强")),
            "registered_capital": "伍佰万元整",
            "founded_on": founded.isoformat(),
        }
        image, draw = sheet(1100, 1400)
        write(draw, 380, 120, "营业执照", 80)
        write(draw, 560, 260, f"统一社会信用代码 {truth['credit_code']}", 26)
        labels = ("名称", "类型", "住所", "法定代表人", "注册资本", "成立日期")
        values = [
            truth[name] for name in ("name", "type", "address", "legal_representative", "registered_capital")
        ]
        for at, (label, value) in enumerate(zip(labels, [*values, chinese(founded)], strict=True)):
            write(draw, 120, 380 + 80 * at, label, 32)
            write(draw, 340, 380 + 80 * at, value, 32)
        write(draw, 120, 880, "经营范围", 32)
        write(draw, 340, 880, "橡胶制品、五金交电的生产与销售；", 32)
        write(draw, 340, 930, "货物及技术进出口。", 32)
        write(draw, 700, 1200, "登记机关", 32)
        return Specimen(Kind.BUSINESS_LICENCE, image, truth)

    def identity_card(self) -> Specimen:
        born, sex = self.day(1970), self.chance.choice("男女")
        body = f"370203{born:%Y%m%d}{self.digits(2)}{self.chance.choice('13579' if sex == '男' else '02468')}"
        truth = {
            "name": self.chance.choice(("王建国", "李晓梅", "陈志强")),
            "sex": sex,
            "people": "汉",
            "born_on": born.isoformat(),
            "address": f"山东省青岛市市北区文化路{self.chance.randint(1, 900)}号",
            "identity_number": body + identity_number_check_digit(body),
        }
        image, draw = sheet(1000, 630)
        for x, y, text in (
            (80, 80, f"姓名  {truth['name']}"),
            (80, 160, f"性别  {sex}    民族  汉"),
            (80, 240, f"出生  {born.year} 年 {born.month} 月 {born.day} 日"),
            (80, 320, f"住址  {truth['address']}"),
            (80, 520, f"公民身份号码   {truth['identity_number']}"),
        ):
            write(draw, x, y, text, 34)
        return Specimen(Kind.IDENTITY_CARD, image, truth)

    def identity_card_back(self) -> Specimen:
        start = self.day(2015).replace(day=11)
        end = start.replace(year=start.year + self.chance.choice((10, 20)))
        truth = {
            "authority": "青岛市公安局市北分局",
            "valid_from": start.isoformat(),
            "valid_until": end.isoformat(),
        }
        image, draw = sheet(1000, 630)
        write(draw, 320, 120, "中华人民共和国", 48)
        write(draw, 350, 220, "居民身份证", 60)
        write(draw, 180, 440, f"签发机关  {truth['authority']}", 34)
        write(draw, 180, 520, f"有效期限  {start:%Y.%m.%d}-{end:%Y.%m.%d}", 34)
        return Specimen(Kind.IDENTITY_CARD, image, truth)

    def bank_card(self) -> Specimen:
        body = "622848" + self.digits(12)
        number = body + bank_card_check_digit(body)
        truth = {"card_number": number, "bank": "青岛样例银行"}
        image, draw = sheet(1000, 630)
        write(draw, 80, 60, "青岛样例银行", 48)
        grouped = " ".join(number[at : at + 4] for at in range(0, len(number), 4))
        write(draw, 80, 320, grouped, 54)
        write(draw, 420, 430, "VALID THRU 08/31", 28)
        write(draw, 760, 520, "银联 UnionPay", 30)
        return Specimen(Kind.BANK_CARD, image, truth)

    def vat_invoice(self, digital: bool = True) -> Specimen:
        rows, net = self.goods()
        taxed = tuple(
            row | {"tax_rate": "13%", "tax": f"{Decimal(row['amount']) * 13 / 100:.2f}"} for row in rows
        )
        tax = sum((Decimal(row["tax"]) for row in taxed), Decimal(0))
        day = self.day(2023)
        number = "2637" + self.digits(16) if digital else self.digits(8)
        code = "" if digital else "3702" + self.digits(6)
        truth = {
            "number": number,
            "date": day.isoformat(),
            "buyer_name": self.company(),
            "buyer_tax_number": self.credit_code(),
            "seller_name": self.company(),
            "seller_tax_number": self.credit_code(),
            "amount": f"{net:.2f}",
            "tax": f"{tax:.2f}",
            "total": f"{net + tax:.2f}",
            "total_in_capitals": f"{net + tax:.2f}",
        } | ({"code": code} if code else {})
        image, draw = sheet(1700, 1050)
        write(draw, 600, 40, "电子发票(增值税专用发票)" if digital else "山东增值税专用发票", 44)
        if code:
            write(draw, 1200, 40, f"发票代码：{code}", 28)
        write(draw, 1200, 85, f"发票号码：{number}", 28)
        write(draw, 1200, 130, f"开票日期：{chinese(day)}", 28)
        amount = truth["total"] if digital else truth["amount"]
        payload = f"01,{'32' if digital else '01'},{code},{number},{amount},{day:%Y%m%d},,{self.digits(4)},"
        image.paste(qr(payload, 150), (60, 30))
        spots = {"buyer": (120, 220), "seller": (900, 220) if digital else (120, 880)}
        for who, (x, y) in spots.items():
            write(draw, x, y, f"名称：{truth[f'{who}_name']}", 28)
            write(draw, x, y + 50, f"统一社会信用代码/纳税人识别号：{truth[f'{who}_tax_number']}", 28)
        headings = ("项目名称", "规格型号", "单位", "数量", "单价", "金额", "税率", "税额")
        edges = (60, 420, 620, 720, 860, 1040, 1260, 1400, 1640)
        grid(draw, edges, 330, headings, [list(row.values()) for row in taxed], 28, len(taxed) + 2)
        y = 330 + 52 * (len(taxed) + 1)
        write(draw, 160, y + 10, "合        计", 28)
        right(draw, edges[6] - 12, y + 10, f"¥{truth['amount']}", 28)
        right(draw, edges[8] - 12, y + 10, f"¥{truth['tax']}", 28)
        write(draw, 120, y + 70, "价税合计（大写）", 28)
        write(draw, 460, y + 70, capitals(net + tax), 28)
        write(draw, 1100, y + 70, f"（小写）¥{truth['total']}", 28)
        return Specimen(Kind.VAT_INVOICE, image, truth, taxed)

    def delivery_note(self) -> Specimen:
        rows, total = self.goods(5)
        day = self.day(2023)
        truth = {
            "number": f"SH{day:%Y%m%d}{self.digits(3)}",
            "date": day.isoformat(),
            "buyer_name": self.company(),
            "seller_name": self.company(),
            "contract_number": f"HT{self.digits(8)}",
            "total": f"{total:.2f}",
            "total_in_capitals": f"{total:.2f}",
            "total_quantity": str(sum(int(row["quantity"]) for row in rows)),
        }
        image, draw = sheet(1500, 1050)
        write(draw, 620, 40, "送 货 单", 56)
        write(draw, 100, 150, f"收货单位：{truth['buyer_name']}", 28)
        write(draw, 900, 150, f"送货单号：{truth['number']}", 28)
        write(draw, 100, 210, f"送货单位：{truth['seller_name']}", 28)
        write(draw, 900, 210, f"送货日期：{chinese(day)}", 28)
        write(draw, 100, 270, f"合同编号：{truth['contract_number']}", 28)
        headings = ("货物名称", "规格型号", "单位", "数量", "单价", "金额")
        edges = (80, 400, 680, 800, 960, 1160, 1420)
        grid(draw, edges, 340, headings, [list(row.values()) for row in rows], 28, len(rows) + 2)
        y = 340 + 52 * (len(rows) + 1)
        write(draw, 180, y + 10, "合计", 28)
        right(draw, edges[4] - 12, y + 10, truth["total_quantity"], 28)
        right(draw, edges[6] - 12, y + 10, truth["total"], 28)
        write(draw, 100, y + 80, f"合计金额（大写）：{capitals(total)}", 28)
        write(draw, 100, y + 160, "收货人签字：", 28)
        return Specimen(Kind.DELIVERY_NOTE, image, truth, rows)

    def contract(self) -> Specimen:
        rows, total = self.goods(3)
        day = self.day(2023)
        truth = {
            "number": f"HT{self.digits(8)}",
            "date": day.isoformat(),
            "buyer_name": self.company(),
            "seller_name": self.company(),
            "total": f"{total:.2f}",
            "total_in_capitals": f"{total:.2f}",
        }
        image, draw = sheet(1500, 1250)
        write(draw, 600, 40, "购销合同", 56)
        write(draw, 900, 150, f"合同编号：{truth['number']}", 28)
        write(draw, 900, 210, f"签订日期：{chinese(day)}", 28)
        write(draw, 100, 150, f"甲方（买方）：{truth['buyer_name']}", 28)
        write(draw, 100, 210, f"乙方（卖方）：{truth['seller_name']}", 28)
        write(draw, 100, 270, "一、标的、数量与价款", 28)
        headings = ("货物名称", "规格型号", "单位", "数量", "单价", "金额")
        edges = (80, 400, 680, 800, 960, 1160, 1420)
        grid(draw, edges, 340, headings, [list(row.values()) for row in rows], 28, len(rows) + 2)
        y = 340 + 52 * (len(rows) + 1)
        write(draw, 180, y + 10, "合计", 28)
        right(draw, edges[6] - 12, y + 10, truth["total"], 28)
        write(draw, 100, y + 90, f"合同总金额：人民币{capitals(total)}（¥{truth['total']}）", 28)
        write(draw, 100, y + 160, "付款方式：货到验收合格后三十日内付清。", 28)
        write(draw, 100, y + 320, "甲方（盖章）：", 28)
        write(draw, 900, y + 320, "乙方（盖章）：", 28)
        return Specimen(Kind.CONTRACT, image, truth, rows)


def chinese(day: date) -> str:
    return f"{day.year}年{day.month:02}月{day.day:02}日"


def sheet(width: int, height: int) -> tuple[Image.Image, ImageDraw.ImageDraw]:
    image = Image.new("RGB", (width, height), (250, 249, 245))
    draw = ImageDraw.Draw(image)
    draw.text((width - 330, height - 50), MARK, font=font(28), fill=(190, 190, 190))
    return image, draw


def write(draw: ImageDraw.ImageDraw, x: int, y: int, text: str, size: int) -> None:
    draw.text((x, y), text, font=font(size), fill=(25, 25, 30))


def right(draw: ImageDraw.ImageDraw, x: int, y: int, text: str, size: int) -> None:
    draw.text((x, y), text, font=font(size), fill=(25, 25, 30), anchor="ra")


def grid(
    draw: ImageDraw.ImageDraw,
    edges: tuple[int, ...],
    top: int,
    headings: tuple[str, ...],
    rows: list[list[str]],
    size: int,
    lines: int,
) -> None:
    """A ruled table: headings in the middle of their columns, figures flush right."""
    for at in range(lines + 1):
        draw.line((edges[0], top + 52 * at, edges[-1], top + 52 * at), fill=(90, 90, 90), width=2)
    for edge in edges:
        draw.line((edge, top, edge, top + 52 * lines), fill=(90, 90, 90), width=2)
    for left, end, heading in zip(edges, edges[1:], headings, strict=False):
        draw.text(((left + end) // 2, top + 8), heading, font=font(size), fill=(25, 25, 30), anchor="ma")
    for at, row in enumerate(rows, 1):
        for column, (left, end, cell) in enumerate(zip(edges, edges[1:], row, strict=False)):
            if column >= 3:
                right(draw, end - 12, top + 52 * at + 8, cell, size)
            else:
                write(draw, left + 12, top + 52 * at + 8, cell, size)


def qr(text: str, side: int) -> Image.Image:
    made = zxingcpp.create_barcode(text, zxingcpp.BarcodeFormat.QRCode)
    image = Image.fromarray(np.array(zxingcpp.write_barcode_to_image(made, scale=6)))
    return image.convert("RGB").resize((side, side), Image.Resampling.NEAREST)


KINDS: Mapping[str, Callable[[Maker], Specimen]] = {
    "business-licence": Maker.business_licence,
    "identity-card": Maker.identity_card,
    "identity-card-back": Maker.identity_card_back,
    "bank-card": Maker.bank_card,
    "vat-invoice": Maker.vat_invoice,
    "vat-invoice-classic": lambda maker: maker.vat_invoice(digital=False),
    "delivery-note": Maker.delivery_note,
    "contract": Maker.contract,
}


def _phone(image: Image.Image) -> Image.Image:
    width, height = image.size
    across, down = width * 0.03, height * 0.03
    data = (-across, -down, -across * 0.4, height + down * 1.5, width + across * 1.3, height + down * 0.4)
    tilted = image.transform(
        image.size,
        Image.Transform.QUAD,
        (*data, width + across * 0.6, -down * 1.6),
        Image.Resampling.BICUBIC,
        fillcolor=(90, 80, 70),
    )
    shade = np.linspace(1.0, 0.65, width)[None, :, None]
    return _noise(Image.fromarray((np.asarray(tilted) * shade).astype(np.uint8)), 6)


def _noise(image: Image.Image, spread: float) -> Image.Image:
    grain = np.random.default_rng(7).normal(0, spread, (image.height, image.width, 3))
    return Image.fromarray(np.clip(np.asarray(image) + grain, 0, 255).astype(np.uint8))


def _five_degrees(image: Image.Image) -> Image.Image:
    return image.rotate(5, Image.Resampling.BICUBIC, expand=True, fillcolor=(120, 110, 100))


VARIANTS: Mapping[str, tuple[Callable[[Image.Image], Image.Image], int]] = {
    "clean": (lambda image: image, 95),
    "jpeg-30": (lambda image: image, 30),
    "5-degrees": (_five_degrees, 90),
    "blur": (lambda image: image.filter(ImageFilter.GaussianBlur(1.6)), 90),
    "low-light": (lambda image: _noise(ImageEnhance.Brightness(image).enhance(0.22), 4), 90),
    "phone": (_phone, 60),
    "rot-90": (lambda image: image.transpose(Image.Transpose.ROTATE_90), 90),
}


def photograph(specimen: Specimen, variant: str = "clean") -> bytes:
    """The specimen as a JPEG file, spoiled in one way."""
    spoil, quality = VARIANTS[variant]
    file = BytesIO()
    spoil(specimen.image).save(file, "JPEG", quality=quality)
    return file.getvalue()


def specimen(name: str, seed: int = 1) -> Specimen:
    return KINDS[name](Maker(seed))
