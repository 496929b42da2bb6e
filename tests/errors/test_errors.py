"""The error tree: three branches, a code and a sentence on every error, whole after a process boundary."""

import pickle

import pytest

from tallystick import errors

KINDS = [
    kind
    for kind in vars(errors).values()
    if isinstance(kind, type) and issubclass(kind, errors.TallystickError)
]


@pytest.mark.parametrize("kind", KINDS)
def test_an_error_comes_whole_through_a_process_boundary(kind: type[errors.TallystickError]) -> None:
    error = kind("too_many_rows", "The file has too many rows.", rows=7, limit=5)
    again = pickle.loads(pickle.dumps(error))  # noqa: S301 -- bytes of our own
    assert type(again) is kind
    assert (again.code, again.message, again.details) == (error.code, error.message, error.details)
    assert str(again) == "The file has too many rows."


def test_every_error_is_in_one_of_three_branches() -> None:
    branches = (errors.Rejection, errors.Unavailable, errors.Corruption)
    for kind in set(KINDS) - {errors.TallystickError}:
        assert sum(issubclass(kind, branch) for branch in branches) == 1
