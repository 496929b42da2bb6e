"""Random policies of every kind, small enough that rules meet, and inputs on and beside their limits."""

import datetime
from decimal import Decimal

from hypothesis import strategies as st

from tests.policy.documents import WORDS

HITS = ("first", "unique", "any", "sum", "list")
CHOICES = ["rubber", "steel", "other things"]
small = st.integers(-3, 6)
decimals = st.decimals(-2, 4, places=1).map(lambda number: f"{number + 0:f}")
words = st.fixed_dictionaries(
    {
        "en": st.text("abc é'\"=-,\n×", min_size=1, max_size=12),
        "zh": st.text("工商变更，", min_size=1, max_size=6),
    }
)
INPUTS = (
    {"name": "changes", "type": "integer", "min": "-3", "max": "6", "unit": "changes"},
    {"name": "share", "type": "decimal", "min": "-2", "max": "4"},
    {"name": "years", "type": "integer"},
    {"name": "sector", "type": "text", "choices": CHOICES},
    {"name": "town", "type": "text"},
    {"name": "exports", "type": "boolean"},
)
OUTPUTS = (
    {"name": "outcome", "type": "text", "choices": ["approve", "refer", "decline"]},
    {"name": "level", "type": "decimal", "unit": "share"},
    {"name": "months", "type": "integer"},
    {"name": "note", "type": "text"},
)


def cells(kind):
    """Cells for an input of the given type, blank ones among them."""
    if kind == "boolean":
        return st.sampled_from(["", "= true", "= false"])
    if kind == "text":
        value = st.sampled_from([*CHOICES])
        return st.one_of(
            st.just(""), value.map("= {}".format), st.lists(value, min_size=1, max_size=3).map(_one_of)
        )
    number = small.map(str) if kind == "integer" else decimals
    return st.one_of(
        st.just(""),
        st.tuples(st.sampled_from([">", ">=", "<", "<=", "="]), number).map(" ".join),
        st.tuples(number, number).map(lambda pair: "..".join(sorted(pair, key=Decimal))),
        st.lists(number, min_size=1, max_size=3).map(_one_of),
    )


def _one_of(values):
    return "in " + ", ".join(values)


def figures(inputs):
    """Inputs in their ranges."""
    by_type = {
        "integer": small,
        "decimal": decimals,
        "text": st.sampled_from(CHOICES),
        "boolean": st.booleans(),
    }
    return st.fixed_dictionaries({part["name"]: by_type[part["type"]] for part in inputs})


@st.composite
def documents(draw, hits=HITS, most_rules=6):
    """A decision table of one of the kinds."""
    hit = draw(st.sampled_from(hits))
    inputs = draw(
        st.lists(st.sampled_from(INPUTS), min_size=1, max_size=3, unique_by=lambda each: each["name"])
    )
    document = {
        "format": "tallystick/decision-table/1",
        "name": draw(st.from_regex(r"[a-z][a-z0-9-]{0,9}", fullmatch=True)),
        "title": draw(words),
        "effective_from": draw(st.dates(datetime.date(2000, 1, 1))).isoformat(),
        "hit": hit,
        "inputs": [{**each, "label": draw(words)} for each in inputs],
    }
    if hit == "sum":
        if draw(st.booleans()):
            document["acceptable"] = {"approve_up_to": "3.5", "refer_up_to": "7"}
        if draw(st.booleans()):
            document["points_max"] = "9"
        gives = lambda when: {"points": draw(points(when))}  # noqa: E731 - drawn together
    else:
        outputs = draw(
            st.lists(st.sampled_from(OUTPUTS), min_size=1, max_size=3, unique_by=lambda each: each["name"])
        )
        document["outputs"] = [{**each, "label": WORDS} for each in outputs]
        gives = lambda when: {"then": draw(then(outputs))}  # noqa: E731 - drawn together
    rules = []
    for number in range(draw(st.integers(1, most_rules))):
        when = {each["name"]: draw(cells(each["type"])) for each in inputs}
        when = {name: cell for name, cell in when.items() if cell}
        rules.append({"code": f"R{number}", "text": draw(words), "when": when, **gives(when)})
    return document | {"rules": [{key: part for key, part in rule.items() if part != {}} for rule in rules]}


def then(outputs):
    """What a rule gives: every output, or a refusal alone."""
    values = {
        "outcome": st.sampled_from(["approve", "refer", "decline"]),
        "level": decimals,
        "months": small,
        "note": st.sampled_from(["a", "b", 'say "no"']),
    }
    every = st.fixed_dictionaries({each["name"]: values[each["name"]] for each in outputs})
    if any(each["name"] == "outcome" for each in outputs):
        return st.one_of(every, st.sampled_from([{"outcome": "refer"}, {"outcome": "decline"}]))
    return every


@st.composite
def points(draw, when):
    """Points, growing with the excess of an ordered cell where there is one."""
    base = draw(st.sampled_from(["0", "1", "2.5"]))
    ordered = [name for name, cell in when.items() if cell[0] in "<>"]
    if not ordered or draw(st.booleans()):
        return {"base": base}
    grown = {
        "base": base,
        "excess_of": draw(st.sampled_from(ordered)),
        "per_unit": draw(st.sampled_from(["0.5", "3"])),
    }
    return grown | draw(st.sampled_from([{}, {"cap": "5"}]))


def tables_with_figures(**limits):
    """A table's document and inputs in its ranges."""
    return documents(**limits).flatmap(
        lambda document: st.tuples(st.just(document), figures(document["inputs"]))
    )
