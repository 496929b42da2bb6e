"""The mapping files of tax books that come with Tallystick."""

from importlib.resources import files


def tax_mapping(name: str) -> bytes:
    """Return the bytes of one of our mappings of tax books, by its name."""
    return files(__name__).joinpath(f"{name}.toml").read_bytes()
