"""The source tree as the house rules see it: files, syntax trees, rooms."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
PACKAGE = REPOSITORY / "src" / "tallystick"
PURE_ROOMS = ("values", "ledger", "policy", "lending", "evidence", "admission", "contracts")
NOT_OURS = re.compile(
    r"\.git|\.venv|\.[a-z_]+_cache|\.hypothesis|__pycache__|var|build|dist|node_modules|.*\.egg-info"
)
Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Module:
    """One Python file of the product."""

    path: Path
    text: str
    tree: ast.Module

    @property
    def name(self) -> str:
        """Path below the package, for example ``values/money.py``: how the tables of exceptions name it."""
        return self.path.relative_to(PACKAGE).as_posix()

    @property
    def room(self) -> str:
        """The room it stands in, for example ``values``."""
        return self.name.split("/")[0].removesuffix(".py")


@cache
def modules() -> tuple[Module, ...]:
    """Return every module of the product but the migrations, which Django writes."""
    paths = sorted(path for path in PACKAGE.rglob("*.py") if "migrations" not in path.parts)
    return tuple(Module(path, text, ast.parse(text)) for path in paths for text in [path.read_text("utf-8")])


def functions(tree: ast.AST, prefix: str = "") -> Iterator[tuple[str, Function]]:
    """Yield every function below ``tree`` with its dotted name."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.ClassDef | Function):
            name = f"{prefix}{node.name}"
            if isinstance(node, Function):
                yield name, node
            yield from functions(node, f"{name}.")
        else:
            yield from functions(node, prefix)


def files(*suffixes: str) -> Iterator[Path]:
    """Yield the files of the repository whose name ends so (all text files, without a suffix)."""

    def walk(folder: Path) -> Iterator[Path]:
        for path in sorted(folder.iterdir()):
            if NOT_OURS.fullmatch(path.name):
                continue
            if path.is_dir():
                yield from walk(path)
            elif not suffixes or path.name.endswith(suffixes):
                yield path

    yield from walk(REPOSITORY)
