"""Write ``docs/reference/`` from what the program itself says, and check the links of every page.

``tools/docs.py`` writes; ``tests/house/test_documents.py`` compares, so that the pages cannot drift.
"""

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import click

REPOSITORY = Path(__file__).resolve().parent.parent
REFERENCE = REPOSITORY / "docs" / "reference"
sys.path.insert(0, str(REPOSITORY))

from tallystick.bootstrap import framework  # noqa: E402 - the path or the settings have to be set first -- the tree is found by the line above

framework.start()

from tools.links import broken_links  # noqa: E402 - the path or the settings have to be set first

from tallystick.api.routes import api  # noqa: E402 - the path or the settings have to be set first -- models need a started framework
from tallystick.cli.main import tallystick  # noqa: E402 - the path or the settings have to be set first

WIDTH = 100
CLI_HEAD = """# Command line

Written by `make docs` from the commands' own help; do not edit.
"""


def commands(context: click.Context) -> Iterator[click.Context]:
    """Yield the context of the command and of everything below it, in the order of the help."""
    yield context
    if isinstance(context.command, click.Group):
        for name in context.command.list_commands(context):
            command = context.command.get_command(context, name)
            if command is not None and not command.hidden:
                yield from commands(
                    click.Context(command, parent=context, info_name=name, terminal_width=WIDTH)
                )


def command_page() -> str:
    """Return the reference of the command line: one section a command, with its help as printed."""
    sections = [CLI_HEAD]
    for context in commands(click.Context(tallystick, info_name="tallystick", terminal_width=WIDTH)):
        printed = context.get_help().rstrip()
        sections.append(f"## `{context.command_path}`\n\n```text\n{printed}\n```\n")
    return "\n".join(sections)


def openapi_document() -> str:
    """Return the OpenAPI document of the HTTP interface."""
    return (
        json.dumps(api.get_openapi_schema(), indent=2, sort_keys=True, default=str, ensure_ascii=False) + "\n"
    )


def pages() -> list[Path]:
    """Return every page of the project."""
    return sorted([*REPOSITORY.glob("*.md"), *(REPOSITORY / "docs").rglob("*.md")])


def main() -> int:
    """Write the reference; return 1 and name the links when a link of any page leads nowhere."""
    REFERENCE.mkdir(parents=True, exist_ok=True)
    (REFERENCE / "cli.md").write_text(command_page(), "utf-8")
    (REFERENCE / "openapi.json").write_text(openapi_document(), "utf-8")
    broken = [f"{page.relative_to(REPOSITORY)}: {link}" for page in pages() for link in broken_links(page)]
    print(
        "\n".join(broken) or f"docs/reference is written; every link of {len(pages())} pages leads somewhere."
    )
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
