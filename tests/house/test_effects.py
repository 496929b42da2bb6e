"""The world is met in one place each: the environment in config, standard output in the command line."""

import ast
import re
from collections.abc import Iterator

from tests.house.source import REPOSITORY, files, modules

# Who else may read or set the environment, and why: module -> reason.
ENVIRONMENT: dict[str, str] = {
    "config.py": "the one place that reads it",
    "bootstrap/framework.py": "Django learns the name of its settings module from a variable",
}

# Written in pieces, so that this file does not break its own rule.
REGISTRIES = (
    "py" + "pi.org",
    "python" + "hosted",
    "registry." + "npmjs",
    "proxy." + "golang",
    "deb." + "debian",
)
MACHINE_PATHS = re.compile("(?<![A-Za-z0-9_.$}])/" + r"(work|farm|root|home/[a-z]+)/\S*")
BINARY = (".png", ".jpg", ".ico", ".mo", ".parquet", ".xlsx", ".woff2", ".sqlite3", ".onnx")


def names(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Yield every ``os.something`` and every name that is imported from ``os``, with its line."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "os":
            yield node.lineno, node.attr
        if isinstance(node, ast.ImportFrom) and node.module == "os":
            yield from ((node.lineno, alias.name) for alias in node.names)


def test_the_environment_is_read_in_config_only() -> None:
    found = [
        f"{module.name}:{line}"
        for module in modules()
        if module.name not in ENVIRONMENT
        for line, name in names(module.tree)
        if name in {"environ", "environb", "getenv", "getenvb", "putenv", "unsetenv"}
    ]
    assert not found, found


def test_only_the_command_line_prints() -> None:
    found = [
        f"{module.name}:{node.lineno}"
        for module in modules()
        if module.room != "cli"
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print"
    ]
    assert not found, found


def texts() -> Iterator[tuple[str, str]]:
    """Yield the relative path and the text of every text file of the repository."""
    for path in files():
        if not path.name.endswith(BINARY):
            yield path.relative_to(REPOSITORY).as_posix(), path.read_text("utf-8")


def test_no_file_names_a_package_registry() -> None:
    found = [(path, name) for path, text in texts() for name in REGISTRIES if name in text]
    assert not found, found


def test_no_file_names_a_path_of_one_machine() -> None:
    found = [(path, match.group()) for path, text in texts() for match in MACHINE_PATHS.finditer(text)]
    assert not found, found


def test_the_machine_path_rule_can_fail() -> None:
    assert MACHINE_PATHS.search('open("/' + 'work/main/x")')
    assert not MACHINE_PATHS.search("make home/lender/ and $HOME/root/x")
