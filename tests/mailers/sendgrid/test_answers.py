import json

import pytest

from newsletter.mailers.sendgrid.answers import Answer, Meaning, Silence, Understood, understand


def errors(*entries: tuple[str, str | None]) -> bytes:
    """Give the body of a refusal."""
    return json.dumps({"errors": [{"message": said, "field": at, "help": None} for said, at in entries]}).encode()


@pytest.mark.parametrize(
    ("answer", "is_sandbox", "understood"),
    [
        (
            Answer(status=202, headers={"x-message-id": "abc"}),
            False,
            Understood(meaning=Meaning.TAKEN, provider_id="abc"),
        ),
        (
            Answer(status=202),
            False,
            Understood(
                meaning=Meaning.UNKNOWN,
                reason="An answer (202) came without SendGrid's number of the request: something between us may have"
                " given it.",
            ),
        ),
        (
            Silence(may_be_taken=False, reason="The certificate is not SendGrid's.", is_lasting=True),
            False,
            Understood(meaning=Meaning.STOP, reason="The certificate is not SendGrid's."),
        ),
        (Answer(status=200), True, Understood(meaning=Meaning.TAKEN)),
        (
            Answer(status=200),
            False,
            Understood(meaning=Meaning.UNKNOWN, reason="SendGrid answered 200: the request may have been taken."),
        ),
        (
            Answer(status=202),
            True,
            Understood(meaning=Meaning.UNKNOWN, reason="SendGrid answered 202: the request may have been taken."),
        ),
        (
            Silence(may_be_taken=False, reason="SendGrid cannot be reached: time-out."),
            False,
            Understood(meaning=Meaning.LATER, reason="SendGrid cannot be reached: time-out."),
        ),
        (
            Silence(may_be_taken=True, reason="The answer of SendGrid was lost: time-out."),
            False,
            Understood(meaning=Meaning.UNKNOWN, reason="The answer of SendGrid was lost: time-out."),
        ),
        *[
            (
                Answer(status=status, body=b"<html>oops</html>"),
                False,
                Understood(
                    meaning=Meaning.UNKNOWN, reason=f"SendGrid answered {status}: the request may have been taken."
                ),
            )
            for status in (500, 502, 503, 504, 408)
        ],
        (
            Answer(status=413),
            False,
            Understood(meaning=Meaning.TOO_LARGE, reason="SendGrid says that the request is too large (413)."),
        ),
        (
            Answer(status=401, body=errors(("The provided authorization grant is invalid", None))),
            False,
            Understood(
                meaning=Meaning.STOP,
                reason="SendGrid refuses our requests (401): The provided authorization grant is invalid",
            ),
        ),
        (
            Answer(status=403, body=errors(("The from address uutiskirje@seutu.example is not verified", "from"))),
            False,
            Understood(
                meaning=Meaning.STOP,
                reason="SendGrid refuses our requests (403): The from address (hidden) is not verified",
            ),
        ),
        (Answer(status=404), False, Understood(meaning=Meaning.STOP, reason="SendGrid refuses our requests (404).")),
        (Answer(status=302), False, Understood(meaning=Meaning.STOP, reason="SendGrid refuses our requests (302).")),
    ],
)
def test_what_an_answer_means(*, answer: Answer | Silence, is_sandbox: bool, understood: Understood) -> None:
    """Only 202 (200 in the sandbox) is taken, 3xx and 4xx are surely not, and everything else may be."""
    assert understand(answer, is_sandbox=is_sandbox) == understood


@pytest.mark.parametrize(
    ("body", "understood"),
    [
        (
            errors(
                ("Does not contain a valid address: aino@yritys", "personalizations.3.to.0.email"),
                ("again", "personalizations.3"),
                ("Too long", "personalizations.41.substitutions"),
            ),
            Understood(
                meaning=Meaning.SOME_AT_FAULT,
                reason="Others in the request were refused.",
                culprits={
                    3: "SendGrid refuses this recipient: Does not contain a valid address: (hidden)",
                    41: "SendGrid refuses this recipient: Too long",
                },
            ),
        ),
        (
            errors(("Bad", "personalizations.0.to"), ("The subject is required", "subject")),
            Understood(
                meaning=Meaning.STOP,
                reason="SendGrid refuses the message itself (400, subject): The subject is required",
            ),
        ),
        (
            errors(("Limited to 1000", "personalizations")),
            Understood(
                meaning=Meaning.STOP,
                reason="SendGrid refuses the message itself (400, personalizations): Limited to 1000",
            ),
        ),
        (
            errors(("Bad Request", None)),
            Understood(meaning=Meaning.ONE_AT_FAULT, reason="SendGrid refuses the request (400): Bad Request"),
        ),
        (
            errors(("Bad Request", "")),
            Understood(meaning=Meaning.ONE_AT_FAULT, reason="SendGrid refuses the request (400): Bad Request"),
        ),
        *[
            (body, Understood(meaning=Meaning.ONE_AT_FAULT, reason="SendGrid refuses the request (400)."))
            for body in (b"", b"Bad Request", b"\xff", b"[]", b"{}", b'{"errors": 3}', b'{"errors": ["x"]}', b"null")
        ],
    ],
)
def test_whom_a_400_is_about(body: bytes, understood: Understood) -> None:
    """Named recipients are taken out, a named message stops the sending, and an unnamed fault is narrowed down."""
    assert understand(Answer(status=400, body=body), is_sandbox=False) == understood


DATE = {"date": "Wed, 01 Nov 2017 09:00:00 GMT"}


@pytest.mark.parametrize(
    ("headers", "waited"),
    [
        ({}, None),
        ({"x-ratelimit-reset": "1509526830"}, None),
        ({"x-ratelimit-reset": "1509526830", **DATE}, 30.0),
        ({"x-ratelimit-reset": "1509526800", **DATE}, 1.0),
        ({"x-ratelimit-reset": "99999999999", **DATE}, 86_400.0),
        ({"x-ratelimit-reset": "soon", **DATE}, None),
        ({"x-ratelimit-reset": "1509526830", "date": "yesterday"}, None),
        ({"retry-after": "7"}, 7.0),
        ({"retry-after": "-3"}, 1.0),
        ({"retry-after": "nan"}, 1.0),
        ({"retry-after": "Wed, 01 Nov 2017 09:00:00 GMT"}, None),
    ],
)
def test_how_long_a_429_asks_to_wait(headers: dict[str, str], waited: float | None) -> None:
    """The reset is compared with the answer's own date, so our clock does not matter; nonsense is no wish."""
    assert understand(Answer(status=429, headers=headers), is_sandbox=False) == Understood(
        meaning=Meaning.LATER, reason="SendGrid asks for fewer requests (429).", retry_after_seconds=waited
    )
