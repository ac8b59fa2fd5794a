import pytest
from starlette.datastructures import Headers

from newsletter.web.preview.guards import access, refusal
from newsletter.web.preview.studio import Studio
from tests.web.conftest import HOST, LABEL, Ask, asking

OURS = access(host="127.0.0.1", port=8025)
NAVIGATION = {"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate", "sec-fetch-dest": "document"}


def judged(method: str, **headers: str) -> int | None:
    """Judge a request that names our Host unless it says otherwise."""
    named = {"host": HOST, **{name.replace("_", "-"): value for name, value in headers.items()}}
    return refusal(method, Headers(named), OURS)


@pytest.mark.parametrize("host", ["127.0.0.1:8025", "localhost:8025", "[::1]:8025"])
def test_each_name_of_this_machine_is_answered(host: str) -> None:
    """Loopback has three names, each with the port."""
    assert judged("GET", host=host) is None


@pytest.mark.parametrize(
    "host",
    [
        "",
        "evil.example",
        "evil.example:8025",
        "127.0.0.1",
        "127.0.0.1:80",
        "127.0.0.1.:8025",
        "localhost.:8025",
        "localhost:8025.",
        "127.0.0.1.evil.example:8025",
        "evil-localhost:8025",
        "localhost:8025@evil.example",
        "2130706433:8025",
        "0x7f000001:8025",
        "017700000001:8025",
        "127.1:8025",
        "0.0.0.0:8025",
        "[::ffff:127.0.0.1]:8025",
        "LOCALHOST:8025",
        " localhost:8025",
        "localhost:8025,evil.example",
    ],
)
def test_any_other_host_is_misdirected(host: str) -> None:
    """A name that was made to point here (DNS rebinding) is not ours, however it is written (P1)."""
    assert judged("GET", host=host) == 421


def test_two_hosts_are_misdirected() -> None:
    """Of two Host headers nobody knows which one counts (P1)."""
    twice = Headers(raw=[(b"host", HOST.encode()), (b"host", b"evil.example")])

    assert refusal("GET", twice, OURS) == 421


def test_a_request_without_host_is_misdirected() -> None:
    """Browsers always send one (P1)."""
    assert refusal("GET", Headers({}), OURS) == 421


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"origin": f"http://{HOST}", "content_type": "application/json"}, None),
        ({"origin": f"http://{HOST}", "content_type": "application/json; charset=utf-8"}, None),
        ({"content_type": "application/json"}, 403),
        ({"origin": "null", "content_type": "application/json"}, 403),
        ({"origin": "https://evil.example", "content_type": "application/json"}, 403),
        ({"origin": f"https://{HOST}", "content_type": "application/json"}, 403),
        ({"origin": "http://127.0.0.1:9999", "content_type": "application/json"}, 403),
        ({"origin": f"http://{HOST}", "content_type": "text/plain"}, 403),
        ({"origin": f"http://{HOST}", "content_type": "application/x-www-form-urlencoded"}, 403),
        ({"origin": f"http://{HOST}"}, 403),
    ],
)
def test_a_post_comes_from_our_own_page_as_json(headers: dict[str, str], status: int | None) -> None:
    """No other site's form or script can post, and `text/plain` needs no permission to cross sites (P2)."""
    assert judged("POST", **headers) == status


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, None),
        ({"sec_fetch_site": "none", "sec_fetch_mode": "navigate", "sec_fetch_dest": "document"}, None),
        ({"sec_fetch_site": "same-origin", "sec_fetch_mode": "cors", "sec_fetch_dest": "empty"}, None),
        ({"sec_fetch_site": "cross-site", "sec_fetch_mode": "navigate", "sec_fetch_dest": "document"}, None),
        ({"sec_fetch_site": "cross-site", "sec_fetch_mode": "navigate", "sec_fetch_dest": "iframe"}, 403),
        ({"sec_fetch_site": "cross-site", "sec_fetch_mode": "no-cors", "sec_fetch_dest": "script"}, 403),
        ({"sec_fetch_site": "same-site", "sec_fetch_mode": "cors", "sec_fetch_dest": "empty"}, 403),
        ({"origin": "https://evil.example"}, 403),
        ({"origin": "null"}, 403),
    ],
)
def test_only_a_plain_page_opens_from_elsewhere(headers: dict[str, str], status: int | None) -> None:
    """A link may lead here; a stream, a frame or a script of another site may not (P2, P3)."""
    assert judged("GET", **headers) == status


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "CONNECT"])
def test_there_are_no_other_methods(method: str) -> None:
    """Nothing is changed through the preview, and no permission to cross sites is ever given (P2)."""
    assert judged(method, origin=f"http://{HOST}") == 405


@pytest.mark.parametrize(
    "path",
    [f"/issues/{LABEL}/changes", f"/issues/{LABEL}/%63hanges", f"/%69ssues/{LABEL}/changes", "/outbox/changes"],
)
def test_a_stream_is_refused_to_another_origin_however_its_path_is_spelt(look: Ask, path: str) -> None:
    """The guard stands before the routes, so that no spelling gets round it (P3)."""
    answer = look(path, headers={"Origin": "https://evil.example"})

    assert (answer.status_code, answer.content) == (403, b"")


def test_a_foreign_host_gets_no_content(look: Ask) -> None:
    """A stranger learns nothing, not even what stands here (P1)."""
    answer = look(f"/issues/{LABEL}", headers={"Host": "evil.example"})

    assert (answer.status_code, answer.content) == (421, b"")


@pytest.mark.parametrize(
    "path",
    [
        "/../newsletter.toml",
        "/%2e%2e/newsletter.toml",
        "/static/..%2fissue.html.j2",
        "/static/%2e%2e/%2e%2e/newsletter.toml",
        "/static/issue.html.j2",
        "/static//etc/passwd",
        "/.env",
        "/.git/config",
        "/newsletter.db",
        "/newsletter.key",
        "/issues/%2e%2e",
        "/issues/%2e%2e%2fsubscribers",
        f"/issues/{LABEL}/editions/..%2f..%2fissue.toml/frame",
        "/outbox/..%2f/newsletter.key",
        "/outbox/%2e%2e/newsletter",
        "/outbox/2017-11/..%2f..%2fnewsletter.key",
        "/docs",
        "/openapi.json",
        "/redoc",
        "/console",
        "/__debugger__",
    ],
)
def test_no_path_leaves_the_pages(look: Ask, path: str) -> None:
    """Names in addresses are looked up among what there is and never become a path (P4)."""
    answer = look(path)

    assert (answer.status_code, "There is no such page." in answer.text) == (404, True)


def test_every_answer_carries_the_safe_headers(look: Ask) -> None:
    """Nothing inline, nothing from elsewhere, nobody may frame the page, nothing is kept."""
    headers = look(f"/issues/{LABEL}").headers

    assert {name: headers[name] for name in ("x-content-type-options", "referrer-policy", "cache-control")} == {
        "x-content-type-options": "nosniff",
        "referrer-policy": "no-referrer",
        "cache-control": "no-store",
    }
    assert "script-src 'self'" in headers["content-security-policy"]
    assert "frame-ancestors 'none'" in headers["content-security-policy"]


TOKEN = "a-token-for-the-tests"


@pytest.mark.parametrize(
    ("path", "headers", "status"),
    [
        ("/", {}, 403),
        ("/?token=wrong", {}, 403),
        ("/?token=", {}, 403),
        ("/", {"Cookie": "newsletter-preview=wrong"}, 403),
        ("/", {"Cookie": 'newsletter-preview="\x01'}, 403),
        ("/static/studio.css", {}, 403),
        ("/static/studio.css", {"Cookie": f"newsletter-preview={TOKEN}"}, 200),
    ],
)
def test_beyond_loopback_a_browser_must_know_the_token(
    unchanged: Studio, path: str, headers: dict[str, str], status: int
) -> None:
    """Whoever can reach the port but was not given the address sees nothing (P6)."""
    answer = asking(unchanged, token=TOKEN)(path, headers=headers)

    assert answer.status_code == status


def test_the_token_leaves_the_address_bar(unchanged: Studio) -> None:
    """The printed address is opened once; from then on a cookie of this site alone carries the token (P6)."""
    answer = asking(unchanged, token=TOKEN)(f"http://{HOST}//evil.example/?width=320&token={TOKEN}")

    assert (answer.status_code, answer.headers["location"], answer.headers["set-cookie"]) == (
        303,
        "/evil.example/?width=320",
        f"newsletter-preview={TOKEN}; HttpOnly; Path=/; SameSite=Strict",
    )


@pytest.mark.parametrize(
    ("host", "port", "further", "expected"),
    [
        ("0.0.0.0", 8025, (), {"127.0.0.1:8025", "localhost:8025", "[::1]:8025"}),  # noqa: S104 - named, not bound
        (
            "192.168.1.5",
            80,
            ("kone.example",),
            {
                f"{name}{port}"
                for name in ("127.0.0.1", "localhost", "[::1]", "192.168.1.5", "kone.example")
                for port in ("", ":80")
            },
        ),
        ("::1", 1, (), {"127.0.0.1:1", "localhost:1", "[::1]:1"}),
    ],
)
def test_the_names_are_listed_one_by_one(host: str, port: int, further: tuple[str, ...], expected: set[str]) -> None:
    """A wildcard opens the port and no name; a browser leaves out port 80."""
    assert access(host=host, port=port, further_names=further).names == expected
