"""Chain tracing: every way down, once; circles and missing links are named, and figures add up."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tallystick.errors import TooLarge
from tallystick.evidence import chain
from tallystick.evidence.chain import Downstream, End, Sales, Sight, trace
from tallystick.values.money import Money, currency

YUAN = currency("CNY")


def sold(**buyers):
    """Sales by buyer: how many deliveries, each worth 100.00."""
    sales = (Sales(buyer, count, Money(count * 100_00, YUAN)) for buyer, count in buyers.items())
    return Downstream(Sight.KNOWN, tuple(sales))


def ways(found):
    return [("".join(path.members), path.end) for path in found.paths]


def test_every_way_down_to_the_core_enterprise_is_found_with_its_share():
    # s delivers 3 of 4 to a and 1 of 4 to b; a delivers 1 of 2 to b and 1 of 2 to C; b everything to C.
    known = {"s": sold(a=3, b=1), "a": sold(b=1, C=1), "b": sold(C=5)}
    found = trace("s", known, {"C"})
    assert ways(found) == [("saC", End.CORE), ("sabC", End.CORE), ("sbC", End.CORE)]
    assert [path.share for path in found.paths] == [Fraction(3, 8), Fraction(3, 8), Fraction(1, 4)]
    assert found.members == {"s": 0, "a": 1, "b": 1, "C": 2}
    assert (found.cores, found.reaches_core, found.missing, found.limits) == (("C",), True, {}, ())
    assert [(level.level, level.members, level.deliveries) for level in found.levels] == [
        (1, 2, 4),
        (2, 1, 7),
    ]
    assert [level.values for level in found.levels] == [(Money(400_00, YUAN),), (Money(700_00, YUAN),)]
    assert [link.share_of_value for link in found.links[:2]] == [Fraction(3, 4), Fraction(1, 4)]


def test_a_circle_is_named_and_never_followed_twice():
    found = trace("s", {"s": sold(a=1), "a": sold(b=1), "b": sold(a=1, C=1)}, {"C"})
    assert ways(found) == [("sabC", End.CORE), ("saba", End.CYCLE)]
    assert found.cycles == (("a", "b"),)
    assert [(link.supplier, link.buyer) for link in found.links if link.closes_cycle] == [("b", "a")]
    alone = trace("s", {"s": sold(s=2)})
    assert (alone.cycles, ways(alone)) == ((("s",),), [("ss", End.CYCLE)])


def test_a_missing_link_is_named_with_its_reason():
    known = {"s": sold(a=2, b=1, C=1), "a": Downstream(Sight.NO_CONSENT)}
    found = trace("s", known, {"C"})
    assert ways(found) == [("sa", End.NO_CONSENT), ("sC", End.CORE), ("sb", End.NO_RECORDS)]
    assert found.missing == {"a": Sight.NO_CONSENT, "b": Sight.NO_RECORDS}
    nothing = trace("s", {}, {"C"})
    assert (ways(nothing), nothing.missing) == ([("s", End.NO_RECORDS)], {"s": Sight.NO_RECORDS})


def test_without_a_core_enterprise_a_path_ends_where_nobody_is_known_further_down():
    found = trace("s", {"s": sold(a=1), "a": sold(b=1)})
    assert ways(found) == [("sab", End.LAST)]
    assert not found.reaches_core


def test_a_value_that_is_not_known_gives_no_share_of_value_and_is_counted():
    known = {"s": Downstream(Sight.KNOWN, (Sales("a", 1, None), Sales("b", 3, Money(5, YUAN))))}
    found = trace("s", known)
    assert [link.share_of_value for link in found.links] == [None, None]
    assert [link.share_of_deliveries for link in found.links] == [Fraction(3, 4), Fraction(1, 4)]
    assert (found.levels[0].unvalued, found.levels[0].values) == (1, (Money(5, YUAN),))


def test_a_core_enterprise_can_be_traced_itself():
    assert ways(trace("C", {"C": sold(a=1)}, {"C"})) == [("Ca", End.NO_RECORDS)]


def line(length):
    return {f"m{at:03}": sold(**{f"m{at + 1:03}": 1}) for at in range(length)}


@pytest.mark.parametrize(
    ("limit", "most", "named"),
    [("MAX_DEPTH", 3, "depth"), ("MAX_MEMBERS", 3, "members"), ("MAX_LINKS", 3, "links")],
)
def test_what_cuts_a_long_chain_short_is_named(monkeypatch, limit, most, named):
    monkeypatch.setattr(chain, limit, most)
    found = trace("m000", line(20))
    assert found.limits == (named,)
    assert len(found.links) == (3 if limit != "MAX_MEMBERS" else 2)
    assert [path.end for path in found.paths] == [End.TOO_DEEP] if named == "depth" else found.paths


def test_the_number_of_paths_and_of_buyers_is_limited(monkeypatch):
    monkeypatch.setattr(chain, "MAX_PATHS", 2)
    found = trace("s", {"s": sold(a=1, b=1, c=1)})
    assert (len(found.paths), found.limits) == (2, ("paths",))
    monkeypatch.setattr(chain, "MAX_LINKS", 2)
    with pytest.raises(TooLarge, match="2 buyers"):
        trace("s", {"s": sold(a=1, b=1, c=1)})


NAMES = st.sampled_from("abcdefg")
GRAPHS = st.dictionaries(
    NAMES, st.dictionaries(NAMES, st.integers(0, 5), max_size=4).map(lambda buyers: sold(**buyers))
)


@given(NAMES, GRAPHS, st.frozensets(NAMES, max_size=2))
def test_any_graph_is_traced_without_repeating_a_member_and_shares_come_to_one(start, known, cores):
    found = trace(start, known, cores)
    for path in found.paths:
        body = path.members[:-1] if path.end is End.CYCLE else path.members
        assert len(set(body)) == len(body)
        assert path.end is not End.CYCLE or path.members[-1] in body
    if not found.limits:
        assert sum(path.share for path in found.paths) == 1
    assert len({(link.supplier, link.buyer) for link in found.links}) == len(found.links)
    assert {link.buyer for link in found.links} <= set(found.members)
