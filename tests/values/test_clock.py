"""The fixed clock stands still, moves forward only and knows its time zone."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from tallystick.errors import Malformed
from tallystick.values.clock import FixedClock


def test_a_fixed_clock_stands_still_until_it_is_advanced():
    clock = FixedClock(datetime(2026, 11, 22, 8, tzinfo=UTC))
    assert clock.now() == clock.now() == datetime(2026, 11, 22, 8, tzinfo=UTC)
    clock.advance(timedelta(minutes=1))
    assert clock.now() == datetime(2026, 11, 22, 8, 1, tzinfo=UTC)


def test_a_clock_answers_in_utc():
    beijing = timezone(timedelta(hours=8))
    now = FixedClock(datetime(2026, 11, 22, 8, tzinfo=beijing)).now()
    assert now.utcoffset() == timedelta(0)
    assert now.hour == 0


def test_a_moment_without_time_zone_and_a_step_back_are_refused():
    with pytest.raises(Malformed):
        FixedClock(datetime(2026, 11, 22, 8))  # noqa: DTZ001 - the point of the test
    with pytest.raises(Malformed):
        FixedClock(datetime(2026, 11, 22, tzinfo=UTC)).advance(timedelta(seconds=-1))
