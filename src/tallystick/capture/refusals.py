"""What the openers say when a file cannot be taken in."""

from tallystick.errors import Malformed, TooLarge


def not_readable(what: str, why: str = "it is damaged or cut off") -> Malformed:
    """Return the refusal ``file_not_readable`` of a file that is no proper ``what`` (with its article)."""
    return Malformed("file_not_readable", f"The file cannot be read as {what}: {why}.")


def too_demanding() -> TooLarge:
    """Return the refusal ``file_too_demanding`` of a file that needs more time or memory than a file may."""
    return TooLarge(
        "file_too_demanding", "Reading the file needs more time or memory than one file may have."
    )
