"""Policy decisions per second, every rule's verdict kept, against ZEN with its trace."""

import argparse
import json
import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median

import msgspec
import zen
from report import note, per_second, spread, table

from tallystick.policy.decision import Decision
from tallystick.policy.graph import Graph, parse_policy
from tallystick.policy.graph_decide import decide_graph, decide_policy
from tallystick.policy.jdm_write import write_jdm
from tallystick.policy.table import Table

AIM = 3
CONTEXTS = 2000
SECONDS = 1.0
SEED = 20261127

Figures = dict[str, object]


@dataclass(frozen=True)
class Rates:
    """Decisions per second of the clock, and per second of the processor."""

    wall: float
    cpu: float


def words(text: str) -> dict[str, str]:
    return {"en": text, "zh": text}


def column(name: str, kind: str, **more: object) -> dict[str, object]:
    return {"name": name, "label": words(name), "type": kind, **more}


def document(
    name: str, hit: str, inputs: list[object], rules: list[dict[str, object]], **more: object
) -> dict:
    rows = [{"code": f"R{at:02}", "text": words(f"Rule {at}"), **rule} for at, rule in enumerate(rules, 1)]
    head = {"format": "tallystick/decision-table/1", "name": name, "title": words(name)}
    return {**head, "effective_from": "2026-01-01", "hit": hit, "inputs": inputs, **more, "rules": rows}


def admission() -> dict:
    """Twelve rules over four figures; the first that matches answers."""
    inputs = [
        column("overdue_days", "integer", min="0", max="400"),
        column("void_share", "decimal", min="0", max="1"),
        column("active_months", "integer", min="0", max="12"),
        column("sector", "text", choices=["rubber", "steel", "food", "other"]),
    ]
    outcome = column("outcome", "text", choices=["approve", "refer", "decline"])
    whens = [
        ({"overdue_days": "> 90"}, "decline"),
        ({"void_share": "> 0.5"}, "decline"),
        ({"active_months": "< 3"}, "decline"),
        ({"overdue_days": "> 30", "void_share": "> 0.3"}, "decline"),
        ({"overdue_days": "> 60", "sector": "in steel, rubber"}, "decline"),
        ({"void_share": "0.3..0.5", "active_months": "< 6"}, "decline"),
        ({"overdue_days": "31..90"}, "refer"),
        ({"void_share": "0.3..0.5"}, "refer"),
        ({"active_months": "3..5"}, "refer"),
        ({"void_share": "> 0.15", "sector": "= steel"}, "refer"),
        ({"active_months": "< 9", "sector": "= food"}, "refer"),
        ({}, "approve"),
    ]
    rules = [{**({"when": when} if when else {}), "then": {"outcome": given}} for when, given in whens]
    return document("admission", "first", inputs, rules, outputs=[outcome])


def points() -> dict:
    """Six rules whose points grow with the excess; the total is the level of conduct."""
    inputs = [
        column("changes", "integer", min="0", max="100"),
        column("hhi", "decimal", min="0", max="1"),
        column("ratio", "decimal", min="0", max="10"),
    ]
    rows = [
        *(("changes", "> 5", "1.5"), ("changes", "> 20", "2"), ("hhi", "> 0.3", "30")),
        *(("hhi", "> 0.6", "60"), ("ratio", "> 1.1", "10"), ("ratio", "< 0.2", "20")),
    ]
    rules: list[dict[str, object]] = [
        {"when": {name: cell}, "points": {"base": "2", "excess_of": name, "per_unit": rate, "cap": "40"}}
        for name, cell, rate in rows
    ]
    return document("conduct", "sum", inputs, rules, points_max="100")


def banded(name: str, part: dict, output: dict, rows: Sequence[tuple[str, object]]) -> dict:
    rules = [{"when": {part["name"]: cell}, "then": {output["name"]: given}} for cell, given in rows]
    return document(name, "first", [part], rules, outputs=[output])


def lending() -> dict:
    """Admission, two levels, their index, a grade and a price: 38 rules in five tables."""
    sales = column("sales", "decimal", min="0", unit="CNY")
    size_rows = [
        ("< 100000", "90"),
        ("100000..500000", "60"),
        ("500000..2000000", "35"),
        (">= 2000000", "10"),
    ]
    grades = column("grade", "text", choices=["A", "B", "C", "D"])
    index = column("risk_index", "decimal", unit="index", min="-1000", max="1000")
    bands = ("<= 10", "<= 20", "<= 30", "<= 40", "<= 50", "<= 60", "<= 70", "> 70")
    grade_rows = list(zip(bands, "AABBCCDD", strict=True))
    price = [
        {"when": {"grade": f"= {grade}", "risk_index": cell},
         "then": {"annual_rate": rate, "outcome": "decline" if grade == "D" else "approve"}}
        for grade, rate in (("A", "0.0485"), ("B", "0.07"), ("C", "0.135"), ("D", "0.2"))
        for cell in ("<= 25", "> 25")
    ]  # fmt: skip
    outputs = [column("outcome", "text", choices=["approve", "decline"]), column("annual_rate", "decimal")]
    weighted = {
        "title": words("Index"),
        "inputs": [column("conduct", "decimal", unit="points"), column("size", "decimal", unit="level")],
        "output": {key: index[key] for key in ("name", "label", "type", "unit")},
        "weights": {"conduct": "0.35", "size": "0.65"},
        "round_to": 1,
    }
    nodes = [
        {"name": "admission", "table": admission()},
        {"name": "conduct", "table": points()},
        {"name": "size", "table": banded("size", sales, column("level", "decimal", unit="level"), size_rows)},
        {"name": "index", "index": weighted, "feeds": {"conduct": "conduct.points", "size": "size.level"}},
        {"name": "grade", "table": banded("grade", index, grades, grade_rows),
         "feeds": {"risk_index": "index.risk_index"}},
        {"name": "price", "table": document("price", "first", [grades, index], price, outputs=outputs),
         "feeds": {"grade": "grade.grade", "risk_index": "index.risk_index"}},
    ]  # fmt: skip
    head = {"format": "tallystick/decision-graph/1", "name": "lending", "title": words("Lending")}
    return {**head, "effective_from": "2026-01-01", "nodes": nodes, "answer": "price"}


def contexts(count: int) -> list[Figures]:
    """Figures of ``count`` made-up companies, decimals as text."""
    chance = random.Random(SEED)  # noqa: S311 - the same companies in every run
    return [
        {
            "overdue_days": chance.choice([0] * 17 + [45, 75, 120]),
            "void_share": f"{chance.choice([1500, 1500, 1500, 6000]) * chance.random() / 10000:.4f}",
            "active_months": chance.choice([3, 6, 9, 10, 11, 12, 12, 12, 12, 12]),
            "sector": chance.choice(["rubber", "steel", "food", "other"]),
            "changes": chance.randint(0, 30),
            "hhi": f"{chance.randint(0, 10000) / 10000:.4f}",
            "ratio": f"{chance.randint(0, 20000) / 10000:.4f}",
            "sales": f"{chance.randint(0, 500000000) / 100:.2f}",
        }
        for _ in range(count)
    ]


def rates(decide: Callable[[Figures], object], given: Sequence[Figures]) -> Rates:
    """Return how many decisions one thread makes, over at least ``SECONDS``."""
    count = 0
    wall, cpu = time.perf_counter(), time.process_time()
    while (spent := time.perf_counter() - wall) < SECONDS:
        for figures in given:
            decide(figures)
        count += len(given)
    return Rates(count / spent, count / (time.process_time() - cpu))


def numbers(figures: Figures, policy: Table | Graph) -> Figures:
    """The same figures for ZEN, decimals as numbers: of our inputs, as any other would cost it time."""
    declared = policy.inputs if isinstance(policy, Table) else tuple(policy.inputs.values())
    kinds = {part.name: part.type for part in declared}
    return {
        name: float(str(figures[name])) if kind == "decimal" else figures[name]
        for name, kind in kinds.items()
    }


def zen_decide(policy: Table | Graph) -> Callable[[Figures], object]:
    """ZEN's static loader with its trace, on the same document without the schema that would slow it down."""
    jdm = write_jdm(policy)
    jdm["nodes"][0]["content"] = {}
    engine = zen.ZenEngine({"loader": {"type": "static", "content": {"policy": json.loads(json.dumps(jdm))}}})
    options = {"trace": True}
    return lambda figures: engine.evaluate("policy", figures, options)


def outcome(result: dict, name: str) -> str:
    """What ZEN's result comes to, as our graphs end: the first node that does not approve."""
    if name == "admission":
        return result["outcome"]
    judged = (result[node]["outcome"] for node in ("admission", "price"))
    return next((each for each in judged if each != "approve"), "approve")


def measured(source: dict, repeats: int) -> list[tuple[Rates, ...]]:
    """Return the rates of ``ENGINES``, ``repeats`` times in turn."""
    policy = parse_policy(msgspec.json.encode(source))
    given = contexts(CONTEXTS)
    if isinstance(policy, Graph):
        # Where ours ends early ZEN goes on: only companies for which both work out every node.
        given = [figures for figures in given if decide_graph(policy, figures).decided_by == policy.answer]
    theirs = [numbers(figures, policy) for figures in given]
    decide = zen_decide(policy)
    for figures, same in zip(given, theirs, strict=True):
        found = decide_policy(policy, figures).outcome
        assert found == outcome(decide(same)["result"], policy.name), (figures, found)

    def decided(figures: Figures) -> object:
        return decide_policy(policy, figures)

    def read_out(figures: Figures) -> object:
        decision = decide_policy(policy, figures)
        if isinstance(decision, Decision):
            return decision, decision.verdicts
        return decision, [each.verdicts for each in decision.nodes.values() if isinstance(each, Decision)]

    def recorded(figures: Figures) -> object:
        return msgspec.json.encode(decide_policy(policy, figures).document())

    engines = ((decided, given), (read_out, given), (recorded, given), (decide, theirs))
    return [tuple([rates(one, figures) for one, figures in engines]) for _ in range(repeats)]


PAGE = """## Policy decisions

One thread decides {contexts} made-up companies again and again; medians of {repeats} rounds, ours and
ZEN's in turn, the ratios with the least and the most. ZEN (zen-engine) has its static loader, its trace,
and the JDM document that `tallystick policy export` writes, without the schema that would slow it down. A
decision of ours holds what became of every rule, and makes a verdict of each when it is asked for; ZEN's
trace has the rule that matched. Ours remembers what became of the rules for figures in the same classes. The
graph decides the companies that no node turns away before the last. Both come to the same outcome for every
company before anything is timed. The aim is {aim} times ZEN.
"""
POLICIES = (
    ("one table: 12 rules, 4 inputs", admission),
    ("graph: 5 tables and an index, 38 rules, 8 inputs", lending),
)
ENGINES = (
    "ours, every verdict kept",
    "ours, every verdict read out",
    "ours, and the record written as JSON",
    "ZEN with its trace",
)


def section(repeats: int) -> str:
    rows = []
    for name, source in POLICIES:
        note(f"policy decisions: {name}")
        runs = measured(source(), repeats)
        for at, engine in enumerate(ENGINES):
            wall = [run[at].wall / run[-1].wall for run in runs]
            cpu = [run[at].cpu / run[-1].cpu for run in runs]
            speeds = (
                per_second(median([run[at].wall for run in runs])),
                per_second(median([run[at].cpu for run in runs])),
            )
            rows.append((name, engine, *speeds, spread(wall), spread(cpu)))
    headings = ("policy", "engine", "decisions/s", "per CPU second", "times ZEN", "times ZEN, by CPU")
    return "\n".join([PAGE.format(contexts=f"{CONTEXTS:,}", repeats=repeats, aim=AIM), table(headings, rows)])


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--repeats", type=int, default=5)
    print(section(options.parse_args().repeats))


if __name__ == "__main__":
    main()
