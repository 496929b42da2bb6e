"""What may stand in an address: anything else is no address, and never reaches a database or the ledger."""


class _Text:
    """A converter that leaves the text as it is."""

    def to_python(self, value: str) -> str:
        """Return the text."""
        return value

    def to_url(self, value: str) -> str:
        """Return the text."""
        return value


class Reference(_Text):
    """The reference of an application, for example ``LA-2026-00042``."""

    regex = "[A-Z]{2}-[0-9]{4}-[0-9]{5,10}"


class Digest(_Text):
    """A SHA-256 in lower hexadecimal."""

    regex = "[0-9a-f]{64}"


class Address(_Text):
    """The address of an account on the ledger."""

    regex = "tly1[0-9a-z]{38}"


class Name(_Text):
    """The name of an item or of a step."""

    regex = "[a-z][a-z0-9_]{0,59}"


class Place(_Text):
    """Where something stands on the ledger, for example ``18402-3``."""

    regex = "[0-9]{1,15}-[0-9]{1,6}"


class Policy(_Text):
    """The name of a policy, for example ``invoice-admission``."""

    regex = "[a-z][a-z0-9-]{0,59}"


class Number:
    """A row or a block number that fits 53 bits."""

    regex = "[0-9]{1,15}"

    def to_python(self, value: str) -> int:
        """Return the number."""
        return int(value)

    def to_url(self, value: int) -> str:
        """Return its digits."""
        return str(value)
