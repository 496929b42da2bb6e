"""A paper passes only on checks that hold."""

from tallystick.evidence.papers import Check, Field, Kind, Line, Paper, Source, Status


def field(*checks):
    return Field("1", Source.OCR, Status.NEEDS_REVIEW, checks=checks)


GOOD, BAD = Check("sum", True), Check("sum", False, "1 + 1 is not 3")


def test_a_paper_without_checks_passes_none():
    assert not Paper(Kind.CONTRACT, {"number": field()}).passes


def test_one_failed_check_anywhere_fails_the_paper():
    assert Paper(Kind.CONTRACT, {"number": field(GOOD)}, (Line({"amount": field(GOOD)}),), (GOOD,)).passes
    assert not Paper(Kind.CONTRACT, {"number": field(GOOD, BAD)}).passes
    assert not Paper(Kind.CONTRACT, {"number": field(GOOD)}, (Line({"amount": field(BAD)}),)).passes
    assert not Paper(Kind.CONTRACT, {"number": field(GOOD)}, checks=(BAD,)).passes
