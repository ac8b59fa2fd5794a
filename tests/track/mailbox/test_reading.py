"""What a saved mail says, whoever wrote it."""

import random

import pytest

from newsletter.domain.saved_mail import MailMeaning
from newsletter.track.mailbox import read_mail
from tests.track.mailbox.samples import NAMES, sample

KEY = "0123456789abcdef0123456789abcdef"
TOKEN = f"u.Q3kZ.{'s' * 43}.{'g' * 22}"
ADDRESS = "aino.salmela@example.com"
SIGNS = {MailMeaning.LEAVES, MailMeaning.WISHES}
OF_NO_MAIL = {MailMeaning.TO_READ, MailMeaning.AWAY, MailMeaning.NOT_UNDERSTOOD, *SIGNS}


@pytest.mark.parametrize("name", NAMES)
def test_each_mail_is_what_it_says(name: str) -> None:
    """Servers' and machines' words in three languages: which delivery, whose, and that nothing private is shown."""
    one = sample(name, key=KEY, address=ADDRESS, token=TOKEN)

    read = read_mail(one.raw)

    assert str(read.meaning) == one.expected
    assert read.token == (TOKEN if read.meaning in SIGNS else None)
    assert read.delivery_key == (None if read.meaning in OF_NO_MAIL else KEY)
    assert read.meaning in OF_NO_MAIL or ADDRESS in read.addresses
    assert not [part for part in (ADDRESS, TOKEN, TOKEN[10:40]) if part in f"{read.subject} {read.reason}"]


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\xff\xfe\x00",
        b"not a mail at all",
        b"Subject: " + b"=?utf-8?q?" * 2_000,
        b"From: a@b.example\nContent-Type: multipart/mixed; boundary=b\n\n"
        + b"--b\nContent-Type: multipart/mixed\n\n" * 999,
        b"From: postmaster@b.example\nSubject: Undeliverable\nContent-Type: text/plain; charset=none\n\n\xe4 5.1.1",
    ],
)
def test_no_mail_stops_the_reading(raw: bytes) -> None:
    """What is broken, nested or mislabelled on purpose is a mail that is not understood, or to be read."""
    assert read_mail(raw).delivery_key is None


def test_a_mail_cut_anywhere_is_still_read() -> None:
    """Half a file is half a mail: no cut makes a hard bounce of one that is none."""
    chance = random.Random(20171124)  # noqa: S311 - no secret
    for name in ("exchange-text-full-fi", "postfix-delayed", "answer-that-quotes"):
        one = sample(name, key=KEY, address=ADDRESS, token=TOKEN)
        for _ in range(10):
            assert read_mail(one.raw[: chance.randrange(len(one.raw))]).meaning is not MailMeaning.BOUNCED_HARD


def test_a_report_about_several_mails_is_for_a_person() -> None:
    """Which of them it is about cannot be told."""
    other = KEY[::-1]
    raw = sample("exchange-text-en", key=f"{KEY}@seutu.example> <{other}", address=ADDRESS, token=TOKEN).raw

    assert "several mails of ours" in read_mail(raw).reason


@pytest.mark.parametrize("subject", ["Automatic reply: SEUTU", "Automaattinen vastaus: SEUTU", "Autosvar: SEUTU"])
def test_who_is_away_does_not_come_back_by_the_words_of_an_answer(subject: str) -> None:
    """An answer that says of itself that somebody is away bars nobody, whatever its text says was not found."""
    mail = (
        f"From: Aino <aino@example.org>\nReturn-Path: <>\nIn-Reply-To: <{'0' * 32}@seutu.example>\n"
        f"Subject: {subject}\n\nMail to aino@example.org will not be delivered to others; no deputy was found.\n"
    )

    assert read_mail(mail.encode()).meaning is MailMeaning.AWAY
