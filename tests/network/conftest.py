"""The networks that the tests of this folder share: each is founded once in a test process."""

import pytest

from tests.network.networks import Network

FOUR = ("a", "b", "c", "d")
SNAPSHOT_INTERVAL = 5


@pytest.fixture(scope="session")
def _four(tmp_path_factory):
    network = Network(
        tmp_path_factory.mktemp("four"), FOUR, "four-members", snapshot_interval=SNAPSHOT_INTERVAL
    )
    try:
        network.start_all()
        yield network
    finally:
        network.close()


@pytest.fixture
def four(_four):
    """Four validators that run as they should; so they do again when the test is over."""
    _four.heal()
    return _four
