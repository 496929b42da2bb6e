"""Reminders: whom they reach, when, once each; and what a mail says and leaves out."""

import re
import socket
import threading
from datetime import timedelta
from smtplib import SMTPException

import pytest
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend

from tallystick.errors import Malformed, Unavailable
from tallystick.services import consortium, deliveries, reminders
from tallystick.services.access import actor_of
from tallystick.services.reminders import Sent
from tests.services.test_deliveries import DUE, sent

SITE = "https://tallystick.example/"


@pytest.fixture
def posted(settings):
    settings.DEFAULT_FROM_EMAIL = "reminders@tallystick.example"
    return mail.outbox


@pytest.fixture
def waiting(house, members, tmp_path):
    """A delivery that the other supplier is to countersign within seven days."""
    consortium.set_email(members.other_owner.username, "clerk@buyer.example")
    return sent(house, members, tmp_path, count=1)


def at(house, moment):
    house.clock.advance(moment - house.clock.now())


def test_each_step_is_sent_once(house, posted, waiting):
    steps = []
    for moment in (DUE - timedelta(days=6), DUE - timedelta(days=2), DUE, DUE + timedelta(days=30)):
        at(house, moment)
        first, second = reminders.send(house, site=SITE), reminders.send(house, site=SITE)
        assert second == Sent(0, 0, ())
        waiting.refresh_from_db()
        steps.append((waiting.reminded, first.mails))
    assert steps == [("arrived", 1), ("soon", 1), ("overdue", 1), ("overdue", 0)]
    assert [each.to for each in posted] == [["clerk@buyer.example"]] * 3


def test_a_mail_says_what_waits_in_both_languages_and_names_no_member(house, members, posted, waiting):
    reminders.send(house, site=SITE)
    (letter,) = posted
    assert letter.subject.startswith("Deliveries wait for your countersignature · ")
    assert letter.body.count(f"- {waiting.reference}: {DUE:%Y-%m-%d %H:%M} UTC") == 2
    assert letter.body.count("https://tallystick.example/deliveries/") == 2
    assert re.search("[\u4e00-\u9fff]", letter.subject)
    assert re.search("[\u4e00-\u9fff]", letter.body)
    for member in (members.supplier, members.other_supplier):
        assert member.name not in letter.body
        assert member.address not in letter.body


def test_what_is_answered_or_taken_back_is_not_reminded_of(house, members, posted, waiting, tmp_path):
    deliveries.sign(house, actor_of(members.other_owner), waiting.reference)
    again = sent(house, members, tmp_path, count=1)
    deliveries.withdraw(house, actor_of(members.owner), again.reference)
    assert reminders.send(house, site=SITE) == Sent(0, 0, ())
    assert not posted


def test_who_may_not_countersign_or_is_gone_gets_no_mail(house, members, posted, waiting):
    members.other_owner.refresh_from_db()
    members.other_owner.is_active = False
    members.other_owner.save()
    consortium.add_user(
        members.other_supplier, "looks-on", "a long sentence to sign in", ["auditor"], "a@b.example"
    )
    assert reminders.send(house, site=SITE) == Sent(0, 0, (members.other_supplier.address,))
    waiting.refresh_from_db()
    assert (waiting.reminded, posted) == ("", [])


def test_a_mail_that_is_not_taken_is_sent_again(house, posted, waiting, monkeypatch):
    def refuse(_backend, _letters):
        raise SMTPException("full")

    with monkeypatch.context() as broken:
        broken.setattr(EmailBackend, "send_messages", refuse)
        with pytest.raises(Unavailable) as caught:
            reminders.send(house, site=SITE)
    assert caught.value.code == "mail_failed"
    assert reminders.send(house, site=SITE) == Sent(1, 1, ())


def test_a_long_list_is_cut_and_counted(house, members, posted, waiting, tmp_path, monkeypatch):
    monkeypatch.setattr(reminders, "LISTED_AT_MOST", 1)
    sent(house, members, tmp_path, count=1)
    assert reminders.send(house, site=SITE) == Sent(1, 2, ())
    assert "and 1 more" in posted[0].body


@pytest.mark.parametrize(
    ("sender", "site", "code"), [("", SITE, "no_mail_server"), ("a@b.example", "", "no_site_address")]
)
def test_without_a_server_or_an_address_nothing_is_marked(house, waiting, settings, sender, site, code):
    settings.DEFAULT_FROM_EMAIL = sender
    with pytest.raises(Malformed) as caught:
        reminders.send(house, site=site)
    waiting.refresh_from_db()
    assert (caught.value.code, waiting.reminded) == (code, "")


def test_mail_goes_out_over_smtp(house, waiting, settings):
    heard = []
    with socket.create_server(("127.0.0.1", 0)) as listener:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = listener.getsockname()
        settings.DEFAULT_FROM_EMAIL = "reminders@tallystick.example"
        server = threading.Thread(target=take_one_mail, args=(listener, heard), daemon=True)
        server.start()
        assert reminders.send(house, site=SITE).mails == 1
        server.join(10)
    assert "rcpt to:<clerk@buyer.example>" in [line.lower() for line in heard]
    assert any(line.startswith(f"- {waiting.reference}") for line in heard)


def take_one_mail(listener, heard):
    """Speak as much SMTP as it takes to be handed one mail (RFC 5321)."""
    connected, _ = listener.accept()
    with connected, connected.makefile("rw", encoding="utf-8", newline="") as line:

        def say(text):
            line.write(text + "\r\n")
            line.flush()

        say("220 here")
        is_letter = False
        while text := line.readline():
            heard.append(text.rstrip("\r\n"))
            if is_letter and heard[-1] != ".":
                continue
            is_letter = heard[-1].upper() == "DATA"
            say("354 go on" if is_letter else "221 bye" if heard[-1].upper() == "QUIT" else "250 taken")
