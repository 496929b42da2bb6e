"""Money, rates and ledger code count in integers and fractions: nothing there is rounded by accident."""

import ast

from tests.house.source import Module, modules

EXACT = ("values/money.py", "values/rates.py", "values/rounding.py", "lending/", "ledger/", "contracts/")

# Where ``/`` divides Fractions (exact) or joins paths, and why that is sure: module -> reason.
DIVIDES: dict[str, str] = {}


def exact_modules() -> list[Module]:
    return [module for module in modules() if module.name.startswith(EXACT)]


def test_the_rule_finds_the_modules_it_guards() -> None:
    names = {module.name for module in exact_modules()}
    for start in EXACT:
        assert any(name.startswith(start) for name in names), start


def test_no_float_constant_stands_in_money_or_ledger_code() -> None:
    found = [
        f"{module.name}:{node.lineno}: {node.value}"
        for module in exact_modules()
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, float | complex)
    ]
    assert not found, found


def test_nothing_in_money_or_ledger_code_makes_a_float() -> None:
    """``isinstance(value, float)``, by which a float is refused, is the one use of the name."""
    found = []
    for module in exact_modules():
        refusals = {
            id(name)
            for node in ast.walk(module.tree)
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "isinstance"
            for name in ast.walk(node.args[1])
        }
        found += [
            f"{module.name}:{node.lineno}"
            for node in ast.walk(module.tree)
            if isinstance(node, ast.Name) and node.id in {"float", "complex"} and id(node) not in refusals
        ]
    assert not found, found


def test_true_division_stands_only_where_both_sides_are_exact() -> None:
    found = [
        f"{module.name}:{node.lineno}: {ast.unparse(node)}"
        for module in exact_modules()
        if module.name not in DIVIDES
        for node in ast.walk(module.tree)
        if isinstance(node, ast.BinOp | ast.AugAssign) and isinstance(node.op, ast.Div)
    ]
    assert not found, f"use Fraction(a, b), //, or the table DIVIDES with a reason: {found}"


def test_the_table_of_divisions_names_only_what_divides() -> None:
    by_name = {module.name: module.tree for module in exact_modules()}
    for name in DIVIDES:
        assert any(isinstance(node, ast.Div) for node in ast.walk(by_name[name])), name
