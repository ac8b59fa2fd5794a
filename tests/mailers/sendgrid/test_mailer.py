import json
from collections.abc import Iterator
from dataclasses import replace

import pytest

from newsletter.domain.issue import Slot
from newsletter.domain.mailing import BatchOutcome, Capabilities, Outcome, Verdict
from newsletter.mailers.sendgrid.mailer import BATCH_SIZE_MAX
from tests.fakes.sendgrid import Fault, ScriptedSendGrid
from tests.mailers.samples import a_batch, a_recipient, delivery_key, verdicts
from tests.mailers.sendgrid.service import a_fake, a_mailer

UNNAMED = Fault(status=400, body=b"Bad Request")
HTML = (
    '<!doctype html><html lang="fi"><body><p>Hei{name}, syksy on täällä.</p>'
    '<p><a href="{way_out}">Peru tilaus</a></p></body></html>\n'
)
UNNAMED_REASON = "SendGrid refuses the request (400)."


@pytest.fixture
def fake() -> Iterator[ScriptedSendGrid]:
    """Serve a fake SendGrid."""
    with a_fake() as served:
        yield served


def named(*positions: int) -> Fault:
    """Make the service refuse the recipients at some places of the request."""
    entries = [{"message": "Not an address", "field": f"personalizations.{number}.to.0.email"} for number in positions]
    return Fault(status=400, body=json.dumps({"errors": entries}).encode())


def sizes(fake: ScriptedSendGrid) -> list[int]:
    """Give how many recipients each request had."""
    return [len(json.loads(body)["personalizations"]) for body in fake.requests]


def test_one_request_carries_the_batch_and_each_reader_gets_an_own_mail(fake: ScriptedSendGrid) -> None:
    """One request; in the end each mail has its own To, name and way out, and the key that names the delivery."""
    answer = a_mailer(fake.host).submit(a_batch(a_recipient(1), a_recipient(2, name="", greeting=" & Bertil")))

    assert (answer, len(fake.requests)) == (
        BatchOutcome(
            outcomes=tuple(
                Outcome(
                    delivery_key=delivery_key(number), verdict=Verdict.ACCEPTED, provider_id=fake.mails[0].request_id
                )
                for number in (1, 2)
            )
        ),
        1,
    )
    ways_out = [f"https://kirje.seutu.example/u/{'t' * 60}{number:032x}" for number in (1, 2)]
    assert [(mail.address, mail.name, mail.text, mail.html, mail.custom_args) for mail in fake.mails] == [
        (
            f"reader{number}@yritys.example",
            name,
            f"Hei{text}, syksy on täällä.\n\nPeru tilaus:\n{way_out}\n",
            HTML.format(name=html, way_out=way_out),
            {"newsletter_delivery": delivery_key(number)},
        )
        for number, name, text, html, way_out in (
            (1, "Aino", " Aino", " Aino", ways_out[0]),
            (2, "", " & Bertil", " &amp; Bertil", ways_out[1]),
        )
    ]


def test_capabilities_are_those_of_a_provider_without_idempotency(fake: ScriptedSendGrid) -> None:
    """A call of at most 500 is never to be repeated blindly; the sandbox sends nothing and is a rehearsal."""
    real, sandbox = a_mailer(fake.host), a_mailer(fake.host, is_sandbox=True)

    assert (real.name, real.capabilities, sandbox.capabilities) == (
        "sendgrid",
        Capabilities(batch_size_max=500, is_idempotent=False, is_rehearsal=False),
        Capabilities(batch_size_max=500, is_idempotent=True, is_rehearsal=True),
    )


def test_the_sandbox_checks_and_sends_nothing(fake: ScriptedSendGrid) -> None:
    """In the sandbox a request is checked, counts as accepted, and no mail comes of it."""
    answer = a_mailer(fake.host, is_sandbox=True).submit(a_batch())

    assert (verdicts(answer), fake.mails) == ("aaaa", [])


@pytest.mark.parametrize(
    ("script", "expected", "requests"),
    [
        ([named(1)], "araa", [4, 3]),
        ([named(0, 3), named(1)], "rarr", [4, 2, 1]),
        ([named(0, 1, 2, 3)], "rrrr", [4]),
        ([named(9), None, None], "aaaa", [4, 2, 2]),
        ([UNNAMED, UNNAMED, UNNAMED], "raaa", [4, 2, 1, 1, 2]),
        ([UNNAMED, None, UNNAMED, None, UNNAMED], "aaar", [4, 2, 2, 1, 1]),
        ([Fault(status=413)], "aaaa", [4, 2, 2]),
        ([Fault(status=413), None, Fault(status=413), None, Fault(status=413)], "aaar", [4, 2, 2, 1, 1]),
        ([named(2), Fault(status=429)], "ffrf", [4, 3]),
        ([UNNAMED, None, Fault(status=429)], "aaff", [4, 2, 2]),
        ([UNNAMED, UNNAMED, UNNAMED, Fault(status=429)], "ffff", [4, 2, 1, 1]),
        ([UNNAMED, None, Fault(is_booked=True)], "aauu", [4, 2, 2]),
        ([UNNAMED, Fault(is_booked=True)], "uuff", [4, 2]),
        ([named(0), Fault(status=500)], "ruuu", [4, 3]),
        ([named(0), Fault(status=401)], "rfff", [4, 3]),
    ],
)
def test_a_refused_request_is_narrowed_down(
    fake: ScriptedSendGrid, script: list[Fault | None], expected: str, requests: list[int]
) -> None:
    """The culprit is rejected and the rest is sent; a doubt or a wait ends the asking, and nobody is asked twice."""
    fake.script(*script)

    answer = a_mailer(fake.host).submit(a_batch())

    assert (verdicts(answer), sizes(fake)) == (expected, requests)


def test_a_culprit_among_many_is_found_in_few_requests(fake: ScriptedSendGrid) -> None:
    """Of 500 the one that SendGrid names is rejected, with its reason and without its address, in two requests."""
    readers = [a_recipient(number) for number in range(1, BATCH_SIZE_MAX + 1)]
    readers[416] = a_recipient(417, address=f"{'x' * 65}@yritys.example")

    answer = a_mailer(fake.host).submit(a_batch(*readers))

    rejected = [outcome for outcome in answer.outcomes if outcome.verdict is not Verdict.ACCEPTED]
    assert ([outcome.delivery_key for outcome in rejected], sizes(fake), len(fake.mails)) == (
        [delivery_key(417)],
        [500, 499],
        499,
    )
    assert rejected[0].reason.startswith("SendGrid refuses this recipient: String should match pattern")


def test_when_nobody_is_taken_the_message_is_to_blame(fake: ScriptedSendGrid) -> None:
    """A fault without a name that follows everybody stops the sending and rejects nobody, in few requests."""
    fake.script(*[UNNAMED] * 200)

    answer = a_mailer(fake.host).submit(a_batch(*(a_recipient(number) for number in range(1, 101))))

    stopped = (
        f"None of the readers tried (10) was taken, so the message itself may be at fault. {UNNAMED_REASON}"
        " They are queued: `newsletter issue report 2017-11 --people queued` names them."
    )
    assert (verdicts(answer), answer.stop_reason, len(fake.requests) < 30) == ("f" * 100, stopped, True)


@pytest.mark.parametrize(("is_any_taken", "expected"), [(True, ("r", False)), (False, ("f", True))])
def test_a_reader_alone_in_an_edition_does_not_block_the_issue(
    fake: ScriptedSendGrid,
    is_any_taken: bool,  # noqa: FBT001 - a table's column
    expected: tuple[str, bool],
) -> None:
    """Refused without a name, the one reader is rejected when others of the sending were taken; else a person looks."""
    fake.script(UNNAMED)

    answer = a_mailer(fake.host).submit(replace(a_batch(a_recipient(1)), is_any_taken=lambda: is_any_taken))

    assert (verdicts(answer), answer.stop_reason is not None) == expected


def test_a_wait_after_single_refusals_blames_nobody_yet(fake: ScriptedSendGrid) -> None:
    """When a wait comes before anybody was taken, it is open whose fault the refusals were: all go back, none stops."""
    fake.script(UNNAMED, UNNAMED, UNNAMED, Fault(status=429))

    answer = a_mailer(fake.host).submit(a_batch())

    assert (verdicts(answer), answer.stop_reason, {outcome.reason for outcome in answer.outcomes}) == (
        "ffff",
        None,
        {"SendGrid asks for fewer requests (429)."},
    )


@pytest.mark.parametrize(
    ("script", "stop_reason", "retry_after_seconds"),
    [
        (Fault(status=401), "SendGrid refuses our requests (401).", None),
        (Fault(status=403), "SendGrid refuses our requests (403).", None),
        (Fault(status=429, headers={"Retry-After": "12"}), None, 12.0),
        (Fault(status=429), None, None),
        (
            Fault(status=400, body=b'{"errors": [{"message": "Too long", "field": "subject"}]}'),
            "SendGrid refuses the message itself (400, subject): Too long",
            None,
        ),
    ],
)
def test_what_the_sender_is_told(
    fake: ScriptedSendGrid, script: Fault, stop_reason: str | None, retry_after_seconds: float | None
) -> None:
    """A wait is passed on, a revoked key or a refused message stops the sending, and all go back to the queue."""
    fake.script(script)

    answer = a_mailer(fake.host).submit(a_batch())

    assert (verdicts(answer), answer.stop_reason, answer.retry_after_seconds) == (
        "ffff",
        stop_reason,
        retry_after_seconds,
    )


def test_values_that_are_too_large_reject_their_person_only(fake: ScriptedSendGrid) -> None:
    """More than 10,000 bytes of values would refuse the whole request, so that person is left out beforehand."""
    large = replace(a_recipient(2), values={**a_recipient(2).values, Slot.NAME: "ä" * 5000})

    answer = a_mailer(fake.host).submit(a_batch(a_recipient(1), large))

    assert (verdicts(answer), answer.outcomes[1].reason, sizes(fake)) == (
        "ar",
        "The person's values are larger than the 10,000 bytes that SendGrid takes.",
        [1],
    )


def test_a_batch_of_bad_recipients_only_makes_no_request(fake: ScriptedSendGrid) -> None:
    """When nobody is left to write to, SendGrid is not asked."""
    answer = a_mailer(fake.host).submit(a_batch(a_recipient(1, address="äinö@yritys.example")))

    assert (verdicts(answer), fake.requests) == ("r", [])
