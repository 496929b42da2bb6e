"""Who watches a node sees how it is: health, readiness, and figures for Prometheus."""

import json
import os
import signal

import pytest
import urllib3

from tests.network.networks import wait_until

pytestmark = [pytest.mark.network, pytest.mark.xdist_group("network")]


def ask(four, path):
    answer = urllib3.request(
        "GET", f"http://{four.node(four.keys[0]).watch}{path}", retries=False, timeout=10
    )
    return answer.status, answer.data


def test_a_node_that_takes_part_is_healthy_and_ready(four):
    status, body = ask(four, "/health")
    assert (status, json.loads(body)["down"]) == (200, [])
    status, body = ask(four, "/ready")
    told = json.loads(body)
    assert (status, told["ok"], told["peers"], told["catching_up"]) == (200, True, 3, False)


def test_the_figures_are_prometheus_text_with_those_of_cometbft(four):
    status, body = ask(four, "/metrics")
    lines = body.decode().splitlines()
    figures = dict(line.rsplit(" ", 1) for line in lines if line and not line.startswith("#"))
    assert status == 200
    assert figures['tallystick_node_up{process="application"}'] == "1.0"
    assert float(figures["tallystick_node_height"]) >= 1
    assert (figures["tallystick_node_peers"], figures["tallystick_node_validator_power"]) == ("3.0", "1.0")
    assert "tallystick_node_restarts_total" in figures
    assert any(name.startswith("cometbft_consensus_height") for name in figures)


def test_a_node_that_hangs_is_not_ready_and_shows_no_figures_of_its_own(four):
    stopped = four.pid(four.keys[0], "cometbft")
    os.kill(stopped, signal.SIGSTOP)
    try:
        assert ask(four, "/ready")[0] == 503
        assert b"tallystick_node_height " not in ask(four, "/metrics")[1]
    finally:
        os.kill(stopped, signal.SIGCONT)
    wait_until(lambda: ask(four, "/ready")[0] == 200)


def test_another_page_is_not_found(four):
    assert ask(four, "/state")[0] == 404
