"""Every module says what it is for, and is small enough to be read at once."""

import ast
import re

from tests.house.source import PURE_ROOMS, functions, modules

MODULE_LINES = 300
FUNCTION_LINES = 60

# What may be longer, and why. Names as in the failure's message.
LONGER: dict[str, str] = {}


def test_every_module_has_a_caption() -> None:
    bare = [module.name for module in modules() if not (ast.get_docstring(module.tree) or "").strip()]
    assert not bare, f"no docstring that says what the module is for: {bare}"


def test_no_module_is_longer_than_its_limit() -> None:
    lines = {module.name: module.text.count("\n") for module in modules()}
    long = {name: count for name, count in lines.items() if count > MODULE_LINES and name not in LONGER}
    assert not long, f"over {MODULE_LINES} lines; is a noun missing? {long}"


def test_no_function_is_longer_than_its_limit() -> None:
    long = {}
    for module in modules():
        for name, function in functions(module.tree):
            count = (function.end_lineno or 0) - function.lineno + 1
            if count > FUNCTION_LINES:
                long[f"{module.name}:{name}"] = count
    long = {name: count for name, count in long.items() if name not in LONGER}
    assert not long, f"over {FUNCTION_LINES} lines: {long}"


def test_what_the_pure_rooms_offer_is_described() -> None:
    bare = [
        f"{module.name}:{name}"
        for module in modules()
        if module.room in PURE_ROOMS
        for name in undescribed(module.tree)
    ]
    assert not bare, f"public and without a docstring: {bare}"


def undescribed(tree: ast.Module) -> list[str]:
    """Return the public functions, classes and methods without a docstring.

    A property may be described in its class's docstring instead, under ``Attributes``.
    """
    bare = []
    for node in public_definitions(tree):
        text = ast.get_docstring(node) or ""
        if not text:
            bare.append(node.name)
        if isinstance(node, ast.ClassDef):
            bare += [
                f"{node.name}.{inner.name}"
                for inner in public_definitions(node)
                if not ast.get_docstring(inner)
                and not (is_property(inner) and re.search(rf"^ *{inner.name}: ", text, re.MULTILINE))
            ]
    return bare


def public_definitions(owner: ast.Module | ast.ClassDef) -> list[ast.FunctionDef | ast.ClassDef]:
    return [
        node
        for node in owner.body
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_")
    ]


def is_property(node: ast.FunctionDef | ast.ClassDef) -> bool:
    return any(isinstance(each, ast.Name) and each.id == "property" for each in node.decorator_list)


def test_the_table_of_exceptions_names_only_what_exists() -> None:
    known = {module.name for module in modules()} | {
        f"{module.name}:{name}" for module in modules() for name, _ in functions(module.tree)
    }
    assert set(LONGER) <= known
