"""Finds every sentence that a reader can meet, and keeps the Chinese catalogue in step with them.

``python -m tests.web.catalogue`` brings ``django.po`` up to date (new sentences come in empty, vanished
ones go) and compiles it to ``django.mo``; the tests use the same functions. No gettext binary is needed.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import polib
from django.utils.translation.template import templatize

PACKAGE = Path(__file__).resolve().parents[2] / "src" / "tallystick"
PO_PATH = PACKAGE / "web" / "locale" / "zh_Hans" / "LC_MESSAGES" / "django.po"

#: Sentences of allauth, axes and Django that our readers meet and their catalogues leave in English.
BORROWED = frozenset(
    {
        "Authenticator code",
        "Authenticator app activated.",
        "Authenticator app deactivated.",
        "A new set of recovery codes has been generated.",
        "Code",
        "Current Password",
        "Incorrect code.",
        "New Password",
        "New Password (again)",
        "Password",
        "Password successfully changed.",
        "Please type your current password.",
        "The username and/or password you specified are not correct.",
        "This field is required.",
        "Too many failed login attempts. Try again later.",
        "Use authenticator app or code",
        "Use your password",
        "Username",
        "You have signed out.",
        "You must type the same password each time.",
    }
)

_FUNCTIONS = {"gettext": 1, "gettext_lazy": 1, "gettext_noop": 1, "ngettext": 2, "ngettext_lazy": 2, "_": 1}
_STRING = r"""u?('(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*")"""
_CALL = re.compile(rf"(?<!\w)(ngettext|gettext|_)\(\s*{_STRING}(?:\s*,\s*{_STRING})?")

Message = tuple[str, str]  # singular and plural; no plural is ""


def messages() -> dict[Message, str]:
    """Return every translatable message with the file that holds it, in order of file and place."""
    found: dict[Message, str] = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        _note(found, path, _in_python(path.read_text(encoding="utf-8")))
    for path in sorted((PACKAGE / "web" / "templates").rglob("*.html")):
        _note(found, path, _in_template(path.read_text(encoding="utf-8")))
    _note(found, Path("allauth, axes, Django"), iter(sorted((text, "") for text in BORROWED)))
    return found


def _note(found: dict[Message, str], path: Path, held: Iterator[Message]) -> None:
    place = path.relative_to(PACKAGE).as_posix() if path.is_absolute() else path.as_posix()
    for message in held:
        found.setdefault(message, place)


def _in_python(source: str) -> Iterator[Message]:
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
            continue
        count = _FUNCTIONS.get(node.func.id, 0)
        texts = [part.value for part in node.args[:count] if isinstance(part, ast.Constant)]
        if count and len(texts) == count:
            yield (str(texts[0]), str(texts[1]) if count > 1 else "")


def _in_template(source: str) -> Iterator[Message]:
    for name, first, second in _CALL.findall(templatize(source)):
        plural = ast.literal_eval(second) if name == "ngettext" else ""
        yield (ast.literal_eval(first), plural)


def load() -> polib.POFile:
    """Return the catalogue as committed."""
    return polib.pofile(str(PO_PATH), encoding="utf-8")


def updated(catalogue: polib.POFile) -> polib.POFile:
    """Return a catalogue of exactly the messages in use, with the translations that ``catalogue`` has."""
    known = {(entry.msgid, entry.msgid_plural): entry for entry in catalogue}
    fresh = polib.POFile()
    fresh.metadata = {
        "Project-Id-Version": "tallystick",
        "Language": "zh_Hans",
        "MIME-Version": "1.0",
        "Content-Type": "text/plain; charset=utf-8",
        "Content-Transfer-Encoding": "8bit",
        "Plural-Forms": "nplurals=1; plural=0;",
    }
    for (singular, plural), place in messages().items():
        old = known.get((singular, plural))
        entry = polib.POEntry(msgid=singular, occurrences=[(place, "")])
        if "%(" in singular:
            entry.flags = ["python-format"]
        if plural:
            entry.msgid_plural = plural
            entry.msgstr_plural = {0: old.msgstr_plural.get(0, "") if old else ""}
        else:
            entry.msgstr = old.msgstr if old else ""
        fresh.append(entry)
    return fresh


def compiled(catalogue: polib.POFile) -> bytes:
    """Return the catalogue in the binary form that gettext reads."""
    return catalogue.to_binary()


def main() -> None:
    """Bring the catalogue up to date and compile it."""
    catalogue = updated(load() if PO_PATH.exists() else polib.POFile())
    catalogue.save(str(PO_PATH))
    PO_PATH.with_suffix(".mo").write_bytes(compiled(load()))
    for entry in catalogue.untranslated_entries():
        print("untranslated:", entry.msgid)


if __name__ == "__main__":
    main()
