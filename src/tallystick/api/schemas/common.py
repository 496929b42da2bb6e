"""What several subjects share: bases, money, wording, members, and the limits of plain fields."""

from typing import Annotated

from ninja import Field, Schema
from pydantic import ConfigDict

from tallystick.records.models import Member as MemberRow
from tallystick.values import money as exact

#: Rows of the database; above this a JavaScript reader would see another number.
RowId = Annotated[int, Field(ge=1, le=2**53 - 1)]
#: A line of text; no database stores the character NUL in it.
Line = Annotated[str, Field(max_length=500, pattern=r"^[^\x00]*$")]
Name = Annotated[str, Field(min_length=1, max_length=60, pattern=r"^[A-Za-z0-9_.-]+$")]
Reference = Annotated[str, Field(max_length=20, pattern=r"^[A-Z]{2}-[0-9]{4}-[0-9]{5,10}$")]
Hash = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class Sent(Schema):
    """Base of what clients send: no unknown field, no type converted to fit."""

    model_config = ConfigDict(strict=True, extra="forbid")


class Shown(Schema):
    """Base of what the API answers."""


class Money(Shown):
    """An exact amount: decimal text with the currency's own number of decimals."""

    amount: str = Field(pattern=r"^-?[0-9]+(\.[0-9]+)?$", examples=["500000.00"])
    currency: str = Field(pattern=r"^[A-Z]{3}$", examples=["CNY"])


class Wording(Shown):
    """The same words in English and Chinese."""

    en: str
    zh: str


class Member(Shown):
    """A member of the consortium, as every other member may know it."""

    id: int
    address: str = Field(description="Account address on the ledger.")
    name: str
    name_zh: str


def money(amount: exact.Money) -> Money:
    """Return an amount as it goes out."""
    return Money(amount=amount.text, currency=amount.currency.code)


def member(row: MemberRow) -> Member:
    """Return a member as it goes out."""
    return Member(id=row.pk, address=row.address, name=row.name, name_zh=row.name_zh)
