"""The currencies of ISO 4217 and how many decimal places each one's minor unit has."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from tallystick.errors import Malformed


@dataclass(frozen=True, slots=True)
class Currency:
    """A currency: ``code`` as in ISO 4217, ``digits`` decimal places of its minor unit."""

    code: str
    digits: int


def currency(code: str) -> Currency:
    """Return the currency with this ISO 4217 code, for example ``"CNY"``; capitals only.

    Raises:
        Malformed: ``unknown_currency``.
    """
    try:
        return _CURRENCIES[code]
    except (KeyError, TypeError):
        raise Malformed(
            "unknown_currency", f"{code!r:.20} is not the code of a currency in ISO 4217."
        ) from None


# ISO 4217 list one: national currencies in use, by the decimal places of the minor unit.
_CODES_BY_DIGITS: Mapping[int, str] = MappingProxyType(
    {
        0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF",
        2: "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF "
        "CHF CNY COP CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD "
        "HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK "
        "MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD "
        "RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS "
        "UAH USD UYU UZS VES WST XCD YER ZAR ZMW",
        3: "BHD IQD JOD KWD LYD OMR TND",
    }
)
_CURRENCIES: Mapping[str, Currency] = MappingProxyType(
    {code: Currency(code, digits) for digits, codes in _CODES_BY_DIGITS.items() for code in codes.split()}
)
