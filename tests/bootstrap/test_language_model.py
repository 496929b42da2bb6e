"""The settings of a language model: both or none, and only an address that may be asked."""

from pathlib import Path

import pytest

from tallystick.bootstrap.parts import open_language_model
from tallystick.config import Settings, from_environment
from tallystick.errors import Forbidden, Malformed


def settings(tmp_path: Path, urls: str, name: str) -> Settings:
    return from_environment(
        {
            "TALLYSTICK_HOME": str(tmp_path),
            "TALLYSTICK_LANGUAGE_MODEL_URLS": urls,
            "TALLYSTICK_LANGUAGE_MODEL": name,
        }
    )


def test_without_settings_no_language_model_is_asked(tmp_path: Path) -> None:
    assert open_language_model(settings(tmp_path, "", "")) is None


@pytest.mark.parametrize(("urls", "name"), [("https://model.example", ""), ("", "seer")])
def test_an_address_without_a_name_is_told_at_once(tmp_path: Path, urls: str, name: str) -> None:
    with pytest.raises(Malformed, match="together"):
        open_language_model(settings(tmp_path, urls, name))


def test_an_address_without_tls_elsewhere_is_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(Forbidden) as refused:
        open_language_model(settings(tmp_path, "http://model.example", "seer"))
    assert refused.value.code == "language_model_not_allowed"


def test_the_first_address_is_asked(tmp_path: Path) -> None:
    make = open_language_model(settings(tmp_path, "https://model.example,https://other.example", "seer"))
    assert make is not None
    assert make(lambda exchange: None).label == "language-model/seer"
