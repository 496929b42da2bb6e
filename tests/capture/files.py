"""Files as people send them, and as those make them who mean harm."""

import hashlib
import struct
import zlib
from io import BytesIO
from zipfile import ZIP_DEFLATED, ZipFile

import pypdfium2 as pdfium
from PIL import Image

RED = (200, 30, 40)
OFD_ROOT = b'<?xml version="1.0" encoding="UTF-8"?><ofd:OFD xmlns:ofd="http://www.ofdspec.org/2016"/>'
INVOICE_XML = b'<?xml version="1.0" encoding="UTF-8"?><EInvoice><Number>1</Number></EInvoice>'


def picture(kind: str = "JPEG", size: tuple[int, int] = (64, 48), **options: object) -> bytes:
    """A picture, red on the left and white on the right."""
    image = Image.new("RGB", size, "white")
    image.paste(RED, (0, 0, size[0] // 2, size[1]))
    return saved(image, kind, **options)


def saved(image: Image.Image, kind: str, **options: object) -> bytes:
    file = BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def png_bomb(side: int) -> bytes:
    """A true PNG of ``side`` by ``side`` black pixels, one bit each: a few kilobytes."""
    row = bytes(1 + (side + 7) // 8)
    packer = zlib.compressobj(9)
    packed = b"".join(packer.compress(row) for _ in range(side)) + packer.flush()
    head = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", head) + _chunk(b"IDAT", packed) + _chunk(b"IEND", b"")


def _chunk(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))


def webp_bomb() -> bytes:
    """The head of a WebP of 16,384 by 16,384 pixels, which a decoder allocates on opening."""
    canvas = b"\x00" * 4 + (16383).to_bytes(3, "little") * 2
    body = b"WEBPVP8X" + struct.pack("<I", 10) + canvas
    return b"RIFF" + struct.pack("<I", len(body)) + body


def animated(kind: str) -> bytes:
    frames = [Image.new("RGB", (8, 8), colour) for colour in ("red", "blue")]
    return saved(frames[0], kind, save_all=True, append_images=frames[1:], duration=100, lossless=True)


def pdf(*sizes: tuple[float, float]) -> bytes:
    """A PDF of empty pages, each so many points wide and high."""
    document = pdfium.PdfDocument.new()
    for width, height in sizes:
        document.new_page(width, height).close()
    file = BytesIO()
    document.save(file)
    document.close()
    return file.getvalue()


def encrypted_pdf(password: bytes) -> bytes:
    """A PDF under the standard handler, revision 2 (ISO 32000-1, 7.6.3)."""
    pad = bytes.fromhex("28bf4e5e4e758a4164004e56fffa01082e2e00b6d0683e802f0ca9fe6453697a")
    padded = (password + pad)[:32]
    owner = _rc4(hashlib.md5(pad, usedforsecurity=False).digest()[:5], padded)
    identity = b"\x01" * 16
    key = hashlib.md5(
        padded + owner + (-4).to_bytes(4, "little", signed=True) + identity, usedforsecurity=False
    ).digest()[:5]
    handler = f"/Filter /Standard /V 1 /R 2 /P -4 /O <{owner.hex()}> /U <{_rc4(key, pad).hex()}>"
    objects = [
        "<< /Type /Catalog /Pages 2 0 R >>",
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 99 99] >>",
        f"<< {handler} >>",
    ]
    text, places = "%PDF-1.4\n", []
    for number, content in enumerate(objects, 1):
        places.append(len(text))
        text += f"{number} 0 obj\n{content}\nendobj\n"
    table = "".join(f"{place:010} 00000 n \n" for place in places)
    trailer = f"<< /Size 5 /Root 1 0 R /Encrypt 4 0 R /ID [<{identity.hex()}> <{identity.hex()}>] >>"
    xref = f"xref\n0 5\n0000000000 65535 f \n{table}trailer\n{trailer}\nstartxref\n{len(text)}\n%%EOF\n"
    return (text + xref).encode()


def _rc4(key: bytes, data: bytes) -> bytes:
    box, at = list(range(256)), 0
    for place in range(256):
        at = (at + box[place] + key[place % len(key)]) % 256
        box[place], box[at] = box[at], box[place]
    out, left, right = bytearray(), 0, 0
    for byte in data:
        left = (left + 1) % 256
        right = (right + box[left]) % 256
        box[left], box[right] = box[right], box[left]
        out.append(byte ^ box[(box[left] + box[right]) % 256])
    return bytes(out)


def archive(entries: dict[str, bytes]) -> bytes:
    file = BytesIO()
    with ZipFile(file, "w", ZIP_DEFLATED) as opened:
        for name, content in entries.items():
            opened.writestr(name, content)
    return file.getvalue()


def ofd(**more: bytes) -> bytes:
    return archive({"OFD.xml": OFD_ROOT, "Doc_0/Document.xml": INVOICE_XML, **more})
