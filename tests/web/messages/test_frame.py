import pytest

from newsletter.web.messages.choices import Choices, Scheme
from newsletter.web.messages.frame import SANDBOX, frame_policy, framed, has_remote_content

MAIL = (
    "<!doctype html><html><head><style>@media (prefers-color-scheme: dark) {p{color:#fff}}"
    "@media only screen and ( prefers-color-scheme:light ){p{color:#000}}</style></head><body><p>Hei</p></body></html>"
)


def test_the_frame_allows_neither_scripts_nor_our_origin() -> None:
    """What a mail holds can never reach the page around it (P5)."""
    assert set(SANDBOX.split()) == {"allow-popups", "allow-popups-to-escape-sandbox"}


@pytest.mark.parametrize(
    ("choices", "images"),
    [
        (Choices(), "img-src data:;"),
        (Choices(is_remote=True), "img-src data: https: http:;"),
        (Choices(has_images=False), "img-src 'none';"),
        (Choices(has_images=False, is_remote=True), "img-src 'none';"),
    ],
)
def test_images_come_from_elsewhere_only_when_asked_for(choices: Choices, images: str) -> None:
    """Opening a mail tells nobody that it was opened; all else of the policy stays shut (P5)."""
    policy = frame_policy(choices)

    assert images in policy
    assert policy.startswith(f"sandbox {SANDBOX}; default-src 'none'; style-src 'unsafe-inline';")
    assert "script-src" not in policy


@pytest.mark.parametrize(
    ("scheme", "dark", "light", "color_scheme"),
    [
        (Scheme.LIGHT, "(min-width: 999999px)", "(min-width: 0px)", "light only"),
        (Scheme.DARK, "(min-width: 0px)", "(min-width: 999999px)", "dark only"),
        (Scheme.FORCED, "(min-width: 999999px)", "(min-width: 0px)", "light only"),
    ],
)
def test_the_light_is_decided_for_the_mail_alone(scheme: Scheme, dark: str, light: str, color_scheme: str) -> None:
    """A mail is seen dark on a light page and the other way round, whatever the browser prefers."""
    shown = framed(MAIL, Choices(scheme=scheme))

    assert f"@media {dark} {{p{{color:#fff}}}}@media only screen and {light}{{p{{color:#000}}}}" in shown
    assert f"color-scheme:{color_scheme}!important" in shown


def test_forced_dark_turns_lightness_over_and_leaves_pictures() -> None:
    """Mail programs that darken every mail by themselves do so."""
    assert "filter:invert" in framed(MAIL, Choices(scheme=Scheme.FORCED))
    assert "filter:invert" not in framed(MAIL, Choices(scheme=Scheme.DARK))


@pytest.mark.parametrize(
    ("mail", "before"),
    [
        ("<html><head><title>a</title></head>", "<html><head>"),
        ("<!DOCTYPE html><p>a", "<!DOCTYPE html>"),
        ("<p>a", ""),
        ("<HTML><HEAD lang=fi></HEAD>", "<HTML><HEAD lang=fi>"),
    ],
)
def test_our_base_stands_before_the_mails_own(mail: str, before: str) -> None:
    """Of several base elements the first one counts, so every link opens in a tab of its own."""
    assert framed(mail, Choices()).startswith(f'{before}<base target="_blank">')


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ('<img src="https://x.example/a.png">', True),
        ("<IMG width=1 SRC=//x.example/a.png>", True),
        ('<td background="http://x.example/a.png">', True),
        ("<style>p{background:url( 'https://x.example/a.png')}</style>", True),
        ('<img src="data:image/png;base64,AA==">', False),
        ('<a href="https://x.example/">x</a>', False),
        ("<p>url https://x.example</p>", False),
    ],
)
def test_remote_content_is_noticed(html: str, expected: bool) -> None:  # noqa: FBT001 - a table's column
    """The page says that pictures were blocked only where there are some."""
    assert has_remote_content(html) is expected


@pytest.mark.parametrize("tag", ["iframe", "object", "EMBED", "frame", "link"])
def test_no_element_reaches_out_before_the_policy_is_asked(tag: str) -> None:
    """Even an empty connection would tell somebody that the mail was opened (P5)."""
    shown = framed(f'<p>a</p><{tag} src="https://x.example/">x</{tag}>', Choices())

    assert f'<x-{tag} src="https://x.example/">x</x-{tag}>' in shown
