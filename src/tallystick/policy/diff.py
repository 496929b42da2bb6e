"""What changed between two versions of a policy: inputs, outputs, rules, cells, nodes, one change a line."""

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal

import msgspec

from tallystick.errors import Malformed
from tallystick.policy.graph import Graph
from tallystick.policy.table import Table
from tallystick.policy.writing import PlainData, plain_policy

ChangeKind = Literal["added", "removed", "changed", "moved"]


class Change(msgspec.Struct, frozen=True):
    """One change.

    Attributes:
        what: ``policy``, ``input``, ``output``, ``rule`` or ``node``.
        name: which one; a rule's code.
        part: which part of it, as ``when changes``; empty for the whole.
        old, new: what stood and stands there; ``None`` for nothing.
        node: the node of a graph that it is in.
    """

    kind: ChangeKind
    what: str
    name: str
    part: str = ""
    old: Any = None
    new: Any = None
    node: str | None = None

    def sentence(self) -> str:
        """Return the change in words."""
        place = f"node {self.node}, " if self.node else ""
        subject = f"{place}{self.what} {self.name}"
        if self.kind == "moved":
            return f"{subject}: moved from place {self.old} to place {self.new}"
        if not self.part:
            return f"{subject}: {self.kind}"
        if self.old is None:
            return f"{subject}: {self.part} is now {_shown(self.new)}"
        if self.new is None:
            return f"{subject}: {self.part} was {_shown(self.old)} and is taken away"
        return f"{subject}: {self.part} was {_shown(self.old)} and is now {_shown(self.new)}"

    def document(self) -> dict[str, object]:
        """Return the change as plain data, with its sentence."""
        found: dict[str, object] = msgspec.to_builtins(self)
        return found | {"text": self.sentence()}


def compare(old: Table | Graph, new: Table | Graph) -> tuple[Change, ...]:
    """Return what changed from ``old`` to ``new``; empty when they decide by the same content.

    Raises:
        Malformed: ``not_comparable`` for a table and a graph.
    """
    if type(old) is not type(new):
        raise Malformed("not_comparable", "A table and a graph cannot be compared.")
    before, after = plain_policy(old), plain_policy(new)
    if isinstance(old, Table):
        return tuple(_tables(before, after))
    return tuple(_graphs(before, after))


def _tables(before: PlainData, after: PlainData) -> Iterator[Change]:
    yield from _parts("policy", after["name"], _without(before, _LISTS), _without(after, _LISTS))
    yield from _listed("input", "name", before["inputs"], after["inputs"])
    yield from _listed("output", "name", before.get("outputs", []), after.get("outputs", []))
    yield from _listed("rule", "code", before["rules"], after["rules"])


_LISTS = frozenset({"inputs", "outputs", "rules", "nodes"})


def _graphs(before: PlainData, after: PlainData) -> Iterator[Change]:
    yield from _parts("policy", after["name"], _without(before, _LISTS), _without(after, _LISTS))
    olds, news = ({node["name"]: node for node in document["nodes"]} for document in (before, after))
    for name in [*olds, *(name for name in news if name not in olds)]:
        old, new = olds.get(name), news.get(name)
        if old is None or new is None:
            yield Change("added" if old is None else "removed", "node", name)
            continue
        inner = frozenset({"table"})
        yield from _parts("node", name, _without(old, inner), _without(new, inner))
        if "table" in old and "table" in new:
            for change in _tables(old["table"], new["table"]):
                yield msgspec.structs.replace(change, node=name)
        elif "table" in old or "table" in new:
            yield Change("changed", "node", name, "kind", *(_kind(each) for each in (old, new)))


def _kind(node: PlainData) -> str:
    return "table" if "table" in node else "index"


def _listed(what: str, key: str, before: Sequence[PlainData], after: Sequence[PlainData]) -> Iterator[Change]:
    olds, news = ({part[key]: part for part in parts} for parts in (before, after))
    for name in olds:
        if name not in news:
            yield Change("removed", what, name, old=olds[name])
    for name, new in news.items():
        if name not in olds:
            yield Change("added", what, name, new=new)
        else:
            yield from _parts(what, name, olds[name], new)
    kept_before, kept_after = [n for n in olds if n in news], [n for n in news if n in olds]
    was, now = ({name: at for at, name in enumerate(names, 1)} for names in (olds, news))
    for name in _moved(kept_before, kept_after):
        yield Change("moved", what, name, old=was[name], new=now[name])


def _moved(before: list[str], after: list[str]) -> list[str]:
    """Return the fewest names that have to move so that ``before`` stands as ``after``."""
    at = {name: place for place, name in enumerate(before)}
    places = [at[name] for name in after]
    # The longest run that is in order already stays (patience sorting); the rest moved.
    tops: list[int] = []
    under: dict[int, int | None] = {}
    for place in places:
        pile = bisect_left(tops, place)
        under[place] = tops[pile - 1] if pile else None
        tops[pile : pile + 1] = [place]
    stay: set[int] = set()
    place_of: int | None = tops[-1] if tops else None
    while place_of is not None:
        stay.add(place_of)
        place_of = under[place_of]
    return [name for name, place in zip(after, places, strict=True) if place not in stay]


def _parts(what: str, name: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Change]:
    before, after = _flat(old), _flat(new)
    for part in [*before, *(part for part in after if part not in before)]:
        if before.get(part) != after.get(part):
            yield Change("changed", what, name, part, before.get(part), after.get(part))


def _flat(part: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Return the fields of a part, inner ones as ``when changes``."""
    found: dict[str, Any] = {}
    for name, value in part.items():
        if isinstance(value, dict):
            found |= _flat(value, f"{prefix}{name} ")
        elif isinstance(value, list):
            found[prefix + name] = ", ".join(str(each) for each in value) if _plain(value) else str(value)
        else:
            found[prefix + name] = value
    return found


def _plain(values: Sequence[object]) -> bool:
    return not any(isinstance(each, dict) for each in values)


def _without(part: Mapping[str, Any], names: frozenset[str]) -> dict[str, Any]:
    return {name: value for name, value in part.items() if name not in names}


def _shown(value: object) -> str:
    return f"“{value}”"
