import copy
import json
from collections.abc import Callable
from typing import Any

import pytest

from newsletter.mailers.sendgrid.refusals import problems_of

GOOD: dict[str, Any] = {
    "personalizations": [
        {"to": [{"email": "aino@yritys.example", "name": "Aino"}], "custom_args": {"key": "1"}},
        {"to": [{"email": "bertil@kunta.example"}], "send_at": 1509526800},
    ],
    "from": {"email": "uutiskirje@seutu.example", "name": "Seutu, uutiskirje"},
    "reply_to": {"email": "toimitus@seutu.example"},
    "subject": "Hei",
    "content": [{"type": "text/plain", "value": "Hei"}, {"type": "text/html", "value": "<p>Hei</p>"}],
    "categories": ["a", "b"],
    "mail_settings": {"sandbox_mode": {"enable": True}, "footer": {"enable": False, "text": "x"}},
    "tracking_settings": {"click_tracking": {"enable": False, "enable_text": False}},
}


def changed(*path: str | int, to: object) -> Callable[[dict[str, Any]], None]:
    """Give a change of one value in the request."""

    def change(request: Any) -> None:
        for step in path[:-1]:
            request = request[step]
        request[path[-1]] = to

    return change


def without(key: str) -> Callable[[dict[str, Any]], None]:
    """Give a change that takes out one value of the request."""

    def change(request: dict[str, Any]) -> None:
        del request[key]

    return change


def test_a_good_request_is_taken() -> None:
    """A request as the service's own description has it gives no problem."""
    assert problems_of(json.dumps(GOOD).encode()) == []


FIRST = ("personalizations", 0)
MANY = [{"to": [{"email": f"reader{number}@yritys.example"}]} for number in range(1001)]
TOGETHER = [{"to": [{"email": f"reader{number}@yritys.example"} for number in range(1001)]}]


@pytest.mark.parametrize(
    ("change", "fields"),
    [
        (without("from"), ["from"]),
        (without("subject"), ["subject"]),
        (without("content"), ["content"]),
        (without("personalizations"), ["personalizations"]),
        (changed("personalizations", to=[]), ["personalizations"]),
        (changed("personalizations", to=MANY), ["personalizations"]),
        (changed("personalizations", to=TOGETHER), ["personalizations"]),
        (changed("colour", to="red"), ["colour"]),
        (changed(*FIRST, "colour", to="red"), ["personalizations.0.colour"]),
        (changed(*FIRST, "to", to=[]), ["personalizations.0.to"]),
        (changed(*FIRST, "to", 0, "email", to="aino"), ["personalizations.0.to.0.email"]),
        (changed(*FIRST, "to", 0, "email", to="äinö@yritys.example"), ["personalizations.0.to.0.email"]),
        (changed(*FIRST, "to", 0, "email", to="a..b@yritys.example"), ["personalizations.0.to.0.email"]),
        (changed(*FIRST, "to", 0, "email", to=f"{'x' * 65}@yritys.example"), ["personalizations.0.to.0.email"]),
        (changed(*FIRST, "to", 0, "email", to="BERTIL@kunta.example"), ["personalizations.1"]),
        (changed(*FIRST, "to", 0, "name", to="Aino; Oy"), ["personalizations.0.to.0.name"]),
        (changed(*FIRST, "to", 0, "name", to="Aino, Oy"), ["personalizations.0.to.0.name"]),
        (changed(*FIRST, "to", 0, "name", to="Aino\r\nBcc: x"), ["personalizations.0.to.0.name"]),
        (changed(*FIRST, "custom_args", to={"key": 1}), ["personalizations.0.custom_args.key"]),
        (changed(*FIRST, "substitutions", to={"-a-": 1}), ["personalizations.0.substitutions.-a-"]),
        (changed(*FIRST, "substitutions", to={"-a-": "x" * 10_000}), ["personalizations.0.substitutions"]),
        (changed(*FIRST, "headers", to={"Reply-To": "x"}), ["personalizations.0.headers"]),
        (changed(*FIRST, "headers", to={"Content-Language": "fi"}), ["personalizations.0.headers"]),
        (changed(*FIRST, "headers", to={"X-A": "a\nb"}), ["personalizations.0.headers"]),
        (changed(*FIRST, "headers", to={"X-A": 1}), ["personalizations.0.headers.X-A"]),
        (changed(*FIRST, "send_at", to=1.5), ["personalizations.0.send_at"]),
        (changed("from", to={"email": "ä@seutu.example"}), ["from.email"]),
        (changed("subject", to=""), ["subject"]),
        (changed("subject", to="a\r\nb"), ["subject"]),
        (changed("content", to=[]), ["content"]),
        (changed("content", 0, "value", to=""), ["content.0.value"]),
        (changed("content", to=list(reversed(GOOD["content"]))), ["content"]),
        (changed("categories", to=["a", "a"]), ["categories"]),
        (changed("categories", to=[str(number) for number in range(11)]), ["categories"]),
        (changed("categories", to=["x" * 256]), ["categories.0"]),
        (changed("custom_args", to={"key": "x" * 10_000}), ["custom_args"]),
        (changed("reply_to_list", to=[{"email": "a@seutu.example"}]), ["reply_to_list"]),
        (changed("mail_settings", "sandbox_mode", "enable", to="true"), ["mail_settings.sandbox_mode.enable"]),
    ],
)
def test_what_the_service_refuses(change: Callable[[dict[str, Any]], None], fields: list[str]) -> None:
    """Each of these refuses the whole request, and the field says where it is."""
    request = copy.deepcopy(GOOD)
    change(request)

    assert [problem["field"] for problem in problems_of(json.dumps(request).encode())] == fields


def test_substitutions_do_not_go_with_a_dynamic_template() -> None:
    """The two ways of personalising exclude each other."""
    request = copy.deepcopy(GOOD)
    request["template_id"] = "d-1"
    request["personalizations"][0]["substitutions"] = {"-a-": "b"}

    assert [problem["field"] for problem in problems_of(json.dumps(request).encode())] == [
        "personalizations.0.substitutions"
    ]


def test_what_is_no_json_is_refused_without_a_place() -> None:
    """A body that cannot be read is refused as a whole."""
    assert [problem["field"] for problem in problems_of(b"{")] == [None]
