"""Every sentence has its Chinese, the compiled catalogue is current, and borrowed sentences are covered."""

import re

import pytest
from django.utils.translation import gettext, override

from tests.web import catalogue

CATALOGUE = catalogue.load()


def test_the_catalogue_holds_exactly_the_sentences_in_use():
    held = {(entry.msgid, entry.msgid_plural) for entry in CATALOGUE}
    assert held == set(catalogue.messages()), "run: python -m tests.web.catalogue"


def test_every_sentence_has_its_chinese():
    assert [entry.msgid for entry in CATALOGUE if not entry.translated()] == []
    assert CATALOGUE.fuzzy_entries() == []


def test_the_compiled_catalogue_is_current():
    compiled = catalogue.PO_PATH.with_suffix(".mo").read_bytes()
    assert compiled == catalogue.compiled(CATALOGUE), "run: python -m tests.web.catalogue"


def test_named_places_are_the_same_in_both_languages():
    for entry in CATALOGUE:
        chinese = entry.msgstr or entry.msgstr_plural[0]
        places = re.compile(r"%\(\w+\)s")
        assert sorted(places.findall(chinese)) == sorted(places.findall(entry.msgid)), entry.msgid


def test_chinese_uses_chinese_punctuation():
    wrong = [e.msgid for e in CATALOGUE if re.search(r"[一-鿿][,;:?!]", e.msgstr)]
    assert wrong == []


@pytest.mark.parametrize("sentence", sorted(catalogue.BORROWED))
def test_sentences_of_the_frameworks_are_chinese_too(sentence):
    with override("zh-hans"):
        assert re.search(r"[一-鿿]", gettext(sentence))


def test_sentences_are_found_in_python_and_in_templates():
    found = catalogue.messages()
    assert ("Paid out", "") in found
    assert ("%(left)s code is left.", "%(left)s codes are left.") in found
    assert ("No applications yet", "") in found  # a constant handed to a component: title=_("…")
