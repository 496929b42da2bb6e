"""What the command line prints: results as text or as one JSON document, errors as one sentence.

With ``--json`` standard output carries exactly one JSON document and nothing else. Errors go to
standard error as a sentence and, with ``--json``, also to standard output as ``{"error": {"code",
"message", "details"}}``. The exit code says who can act: 2 the person who asked, 3 time, 4 an
operator who must look, 1 whoever mends a fault of Tallystick itself, 130 interrupted.
"""

import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeVar
from unicodedata import east_asian_width

import click
import msgspec
from click.exceptions import NoArgsIsHelpError

from tallystick import config
from tallystick.errors import Corruption, Malformed, Rejection, TallystickError, Unavailable

EXIT_FAULT = 1
EXIT_REJECTION = 2
EXIT_UNAVAILABLE = 3
EXIT_CORRUPTION = 4
EXIT_INTERRUPTED = 130
_EXIT_CODES: tuple[tuple[type[TallystickError], int], ...] = (
    (Rejection, EXIT_REJECTION),
    (Unavailable, EXIT_UNAVAILABLE),
    (Corruption, EXIT_CORRUPTION),
)


@dataclass(frozen=True)
class Foreign:
    """What an outside library raises, and what it means here.

    Attributes:
        kind: the class by its name, so that a command without records never imports the library.
        says: what its text begins with; empty for any text.
        means: the error of ours.
    """

    kind: str
    says: str
    means: TallystickError


_TABLES_MISSING: Final = Rejection(
    "not_initialised", "The database lacks tables of this version; run `tallystick init` first."
)
_DATABASE_AWAY: Final = Unavailable(
    "database_unavailable",
    "The database cannot be used now: see that it runs and that TALLYSTICK_DATABASE_URL names it.",
)
_HOME_CLOSED: Final = Rejection(
    "home_not_writable",
    "This user may not use a file or folder of the installation; TALLYSTICK_HOME names another home.",
)

#: The first row that fits decides.
FOREIGN: Final = (
    Foreign("django.db.utils.ProgrammingError", "", _TABLES_MISSING),  # PostgreSQL
    Foreign("django.db.utils.OperationalError", "no such ", _TABLES_MISSING),  # SQLite
    Foreign("django.db.utils.OperationalError", "", _DATABASE_AWAY),
    Foreign("django.db.utils.InterfaceError", "", _DATABASE_AWAY),
    Foreign("builtins.PermissionError", "", _HOME_CLOSED),
)
_JSON_WANTED = "tallystick.cli.json"

Decorated = TypeVar("Decorated", bound=Callable[..., Any])


def json_option(command: Decorated) -> Decorated:
    """Give a command the flag ``--json``, which ``emit`` obeys; every command carries it."""
    return click.option(
        "--json",
        is_flag=True,
        expose_value=False,
        is_eager=True,
        callback=_note_json,
        help="Print one JSON document and nothing else.",
    )(command)


def want_json(context: click.Context) -> None:
    """Make this call of the command line print JSON."""
    context.meta[_JSON_WANTED] = True


def _note_json(context: click.Context, _option: click.Parameter, given: bool) -> None:
    if given:
        want_json(context)


def json_wanted() -> bool:
    """Return whether this call of the command line prints JSON; commands hold back notes on progress then."""
    return bool(click.get_current_context().meta.get(_JSON_WANTED))


def emit(document: object, text: str) -> None:
    """Print a command's result: ``document`` as JSON if that was asked for, else ``text``.

    A document is whatever msgspec writes as JSON: dicts, lists, Structs, text, whole numbers, dates.
    """
    if json_wanted():
        print_json(document)
    else:
        click.echo(text)


def print_json(document: object) -> None:
    """Print ``document`` as one line of JSON in UTF-8, whatever the terminal's encoding."""
    click.echo(msgspec.json.encode(document))


def table(headings: Sequence[str], rows: Sequence[Sequence[str]], right: Sequence[bool]) -> str:
    """Return rows under headings in aligned columns, those marked ``right`` flush right, as numbers are."""
    lines = [headings, *rows]
    widths = [max(_width(cell) for cell in column) for column in zip(*lines, strict=True)]
    return "\n".join(
        "  ".join(
            _padded(cell, width, at_right) for cell, width, at_right in zip(line, widths, right, strict=True)
        ).rstrip()
        for line in lines
    )


def _width(text: str) -> int:
    return sum(2 if east_asian_width(letter) in "WF" else 1 for letter in text)


def _padded(text: str, width: int, at_right: bool) -> str:
    blanks = " " * (width - _width(text))
    return blanks + text if at_right else text + blanks


def report_failure(error: Exception, as_json: bool) -> int:
    """Print ``error`` for whoever called the command line and return the exit code.

    Only an error of ours or of the command's usage is shown as it is; any other is named by its type,
    and its traceback is printed when ``TALLYSTICK_DEBUG`` is set.
    """
    code, message, details, exit_code = _described(_ours(error))
    click.echo(f"Error: {' '.join(message.split())}", err=True)
    if exit_code == EXIT_FAULT and _debugging():
        click.echo("".join(traceback.format_exception(error)), err=True)
    if as_json:
        print_json({"error": {"code": code, "message": message, "details": details}})
    return exit_code


def _ours(error: Exception) -> Exception:
    """Return what ``error`` means here, or itself when ``FOREIGN`` does not know it."""
    kinds = {f"{kind.__module__}.{kind.__qualname__}" for kind in type(error).__mro__}
    fitting = (each.means for each in FOREIGN if each.kind in kinds and str(error).startswith(each.says))
    return next(fitting, error)


def _described(error: Exception) -> tuple[str, str, dict[str, object], int]:
    if isinstance(error, TallystickError):
        exit_code = next((number for kind, number in _EXIT_CODES if isinstance(error, kind)), EXIT_FAULT)
        return error.code, error.message, dict(error.details), exit_code
    if isinstance(error, NoArgsIsHelpError) and error.ctx is not None:
        message = f"A command is missing; '{error.ctx.command_path} --help' lists them."
        return "bad_usage", message, {}, EXIT_REJECTION
    if isinstance(error, click.ClickException):
        return "bad_usage", error.format_message(), {}, EXIT_REJECTION
    name = type(error).__name__
    message = f"Tallystick failed in a way it should not ({name}); TALLYSTICK_DEBUG=1 shows where."
    return "internal_error", message, {}, EXIT_FAULT


def _debugging() -> bool:
    try:
        return config.from_environment().debug
    except Malformed:
        return False
