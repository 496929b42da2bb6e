"""A query looks at films and, where the operator asks for it, at what a language model says; last of all."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tallystick.recognition.language_model import LanguageModel
from tallystick.records.models import Delivery
from tallystick.services import deliveries, media, qualification
from tallystick.services.access import actor_of
from tallystick.services.looking import Looker
from tests.capture.films import film, scene
from tests.recognition.test_language_model import GOOD, Server, answer, server  # noqa: F401 - a fixture
from tests.services.test_deliveries import DUE, uploaded
from tests.services.test_qualification import GOOD as BY_HAND
from tests.services.test_qualification import consented

FAMILY = "magnetic-tile"


def filmed(house, members, folder: Path, scenes: list[np.ndarray], pictures: int = 0) -> Delivery:
    path = film(folder / "walk.mp4", scenes)
    rows = [media.keep(house, actor_of(members.owner), path, "walk.mp4")]
    rows += [uploaded(house, members, folder, 60 + each) for each in range(pictures)]
    sent = deliveries.submit(
        house,
        actor_of(members.owner),
        buyer=members.other_supplier.address,
        media_ids=[row.pk for row in rows],
        due_at=DUE,
    )
    return deliveries.sign(house, actor_of(members.other_owner), sent.reference)


def found(house, members, family: str = "") -> dict:
    row = qualification.query(house, actor_of(members.officer), members.supplier.address, family=family)
    return row.findings["records"]


def asking(house, server: Server, timeout_s: float = 5):  # noqa: F811 - the fixture's value
    return replace(
        house,
        language_model=lambda keep: LanguageModel(
            server.url, "seer", (server.url,), keep, timeout_s=timeout_s
        ),
    )


def test_a_film_of_other_goods_is_looked_at_and_the_model_abstains(house, members, tmp_path):
    filmed(house, members, tmp_path, [scene(1), scene(2)])
    consented(house, members)
    (record,) = found(house, members, FAMILY)
    quality = record["assessment"]["quality"]
    assert (quality["value"], quality["basis"]) == (None, "nothing")
    assert "'walk.mp4 1' does not look like magnetic-tile." in quality["conflicts"]
    assert "'walk.mp4 2' does not look like magnetic-tile." in quality["conflicts"]


@pytest.mark.shared_data
def test_a_film_of_the_goods_gives_a_grade_with_range_and_confidence(house, members, tmp_path, shared_data):
    tiles = sorted((shared_data / "magnetic_tile" / "MT_Free").rglob("*.jpg"))[:3]
    scenes = [np.asarray(Image.open(path).convert("RGB").resize((240, 320))) for path in tiles]
    filmed(house, members, tmp_path, scenes)
    consented(house, members)
    (record,) = found(house, members, FAMILY)
    quality = record["assessment"]["quality"]
    assert quality["basis"] == "model"
    assert {quality["value"], quality["low"], quality["high"]} <= {"good", "medium", "poor"}
    assert 0 < quality["confidence"] <= 10_000


def test_without_consent_no_film_is_looked_at(house, members, tmp_path):
    filmed(house, members, tmp_path, [scene(1)])
    (record,) = found(house, members, FAMILY)
    assert record["assessment"]["quality"]["because"] == "The supplier has not released the files."


def test_the_language_model_sees_films_and_pictures_and_what_it_said_is_kept(
    house,
    members,
    tmp_path,
    server,  # noqa: F811 - the fixture
):
    filmed(house, members, tmp_path, [scene(1), scene(2)], pictures=1)
    consented(house, members)
    (record,) = found(asking(house, server), members)
    quality = record["assessment"]["quality"]
    assert (quality["value"], quality["basis"]) == ("good", "language-model")
    assert record["assessment"]["value"]["value"] is None  # it states none
    (kept,) = record["language_model"]
    assert (kept["model"], kept["raw"]) == ("seer", answer(GOOD).decode())
    (asked,) = server.asked
    shown = [part["type"] for part in asked["messages"][1]["content"]]
    assert shown.count("image_url") == 3


def test_a_person_outranks_the_language_model(house, members, tmp_path, server):  # noqa: F811
    server.replies = [(200, answer(GOOD | {"quality": "poor"}), {})]
    row = filmed(house, members, tmp_path, [scene(1)])
    consented(house, members)
    house, officer = asking(house, server), actor_of(members.officer)
    asked = qualification.query(house, officer, members.supplier.address)
    asked = qualification.grade_by_hand(house, officer, asked.reference, row.record, BY_HAND)
    quality = asked.findings["records"][0]["assessment"]["quality"]
    assert (quality["value"], quality["basis"], quality["low"]) == ("good", "person", "poor")
    assert quality["conflicts"]


def test_a_language_model_that_does_not_answer_is_asked_once_for_a_query(
    house,
    members,
    tmp_path,
    server,  # noqa: F811 - the fixture
):
    rows = [filmed(house, members, tmp_path, [scene(each)]) for each in (1, 2)]
    server.wait_s = 0.4
    looker = Looker(asking(house, server, timeout_s=0.1), members.lender, "")
    first, second = (looker.look(row, may_read=True) for row in rows)
    assert "did not answer" in first.assessment.quality.because
    assert not first.exchanges
    assert "language-model" not in second.assessment.quality.because
    assert len(server.asked) == 2  # both attempts of the first
