"""The mapping files of tax books that come with Tallystick."""

from tallystick.analytics.mappings import TAX, find_mapping


def tax_mapping(name: str) -> bytes:
    """Return the bytes of one of our mappings of tax books, by its name."""
    return find_mapping(name, TAX)
