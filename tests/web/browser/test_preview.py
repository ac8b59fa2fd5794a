"""A project manager at work: looks at everything, edits, breaks and mends, reads a rehearsed mail."""

import re
import socket
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Frame, Page, Route, expect

from newsletter.domain.issue import parse_edition_key
from newsletter.web.preview.server import Preview
from newsletter.wiring import open_newsletter
from tests.web.browser.conftest import AXE
from tests.web.conftest import LABEL

pytestmark = pytest.mark.browser


def edit(path: Path, old: str, new: str) -> None:
    """Replace words in a file, as an editor would."""
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new), "utf-8")


def picture(page: Page, name: str = "advisers.fi", width: int = 375) -> Frame:
    """Give the frame of a picture that has loaded."""
    element = page.locator(f'[id="shot-{name}-{width}"] iframe:not(.coming)').element_handle()
    frame = element.content_frame()
    assert frame is not None
    return frame


def test_everything_can_be_switched_and_kept_as_a_bookmark(page: Page, preview: Preview) -> None:
    """Each choice shows at once, has an address of its own and survives a reload."""
    page.goto(preview.url(LABEL))
    expect(page.locator("iframe")).to_have_count(18)
    for key in ("1", "4", "d"):
        page.keyboard.press(key)
        page.wait_for_url(re.compile("width=320" if key == "1" else "width=1024" if key == "4" else "scheme=dark"))
    expect(page.locator("iframe:not(.coming)")).to_have_count(36)
    address = page.url
    page.reload()

    assert page.url == address
    expect(page.locator("#scheme-dark")).to_have_attribute("aria-current", "true")
    expect(page.locator("figure").first.locator("figcaption")).to_have_text("320 px")


def test_no_choice_is_lost_to_news_that_come_between(page: Page, preview: Preview) -> None:
    """Whoever chooses while the page is fetched for another reason too gets both choices."""
    page.goto(preview.url(LABEL))

    def answer_late(route: Route) -> None:
        page.wait_for_timeout(200)
        route.continue_()

    page.route(re.compile(r"width=320"), answer_late)
    page.keyboard.press("1")
    page.evaluate("dispatchEvent(new PopStateEvent('popstate'))")
    page.keyboard.press("4")

    page.wait_for_url(re.compile(r"width=320&.*width=1024"))


@pytest.mark.parametrize(
    ("key", "words"),
    [
        ("t", "Hei Aino,"),
        ("s", "<body"),
        ("h", "X-Newsletter-Rehearsal"),
        ("w", "quoted-printable"),
        ("m", "<mj-head>"),
    ],
)
def test_each_view_is_one_key_away(page: Page, preview: Preview, key: str, words: str) -> None:
    """Plain text, source, headers, bytes and MJML."""
    page.goto(f"{preview.url(LABEL)}?edition=advisers.fi")
    page.keyboard.press(key)

    expect(page.locator(".sheet")).to_contain_text(words)


def test_the_light_of_the_mail_is_not_that_of_the_page(page: Page, preview: Preview) -> None:
    """Dark shows the mail's own dark colours on a light page; forced dark turns the light ones over."""
    page.goto(f"{preview.url(LABEL)}?edition=advisers.fi&width=375&scheme=dark")
    paper = "getComputedStyle(document.querySelector('.paper')).backgroundColor"
    dark = picture(page).evaluate(paper)
    page.goto(f"{preview.url(LABEL)}?edition=advisers.fi&width=375&scheme=light")
    light = picture(page).evaluate(paper)
    page.goto(f"{preview.url(LABEL)}?edition=advisers.fi&width=375&scheme=forced")
    forced = picture(page).evaluate(f"[{paper}, getComputedStyle(document.documentElement).filter]")

    assert light == "rgb(255, 255, 255)"
    assert dark != light
    assert forced == [light, "invert(0.9) hue-rotate(180deg)"]


def test_a_saved_template_changes_the_picture_and_keeps_the_place(
    page: Page, preview: Preview, publication: Path
) -> None:
    """The eye stays on the paragraph that is being edited."""
    page.goto(f"{preview.url(LABEL)}?edition=advisers.fi&width=375")
    expect(page.locator("#live")).to_have_class("live on")
    screen = page.locator('[id="shot-advisers.fi-375"] .screen')
    screen.evaluate("one => one.scrollTo(0, 700)")
    history = page.evaluate("history.length")
    figure = page.locator('[id="shot-advisers.fi-375"]')
    before = re.compile(re.escape(figure.get_attribute("data-shown") or "none"))
    edit(publication / "templates" / "email" / "pieces.mjml.j2", "<h1>", "<h1>UUSI ")

    expect(figure).not_to_have_attribute("data-shown", before)
    expect(picture(page).locator("h1").first).to_contain_text("UUSI")
    assert screen.evaluate("one => one.scrollTop") == 700
    assert page.evaluate("history.length") == history


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("templates/email/pieces.mjml.j2", "<h1>", "<h1>{{ nmae }}"),
        ("templates/email/brand.toml", 'look = "office"', 'look = "offise"'),
        ("newsletter.toml", 'zone = "Europe/Helsinki"', 'zone = "Europe/Helsingfors"'),
        (f"issues/{LABEL}/issue.toml", "[order]", "[order"),
    ],
)
def test_a_broken_file_is_told_over_the_last_good_pictures_and_heals(  # noqa: PLR0917 - a table's columns
    page: Page, preview: Preview, publication: Path, name: str, old: str, new: str
) -> None:
    """File, line and message appear by themselves and go by themselves; the pictures stay."""
    page.goto(preview.url(LABEL))
    expect(page.locator("#live")).to_have_class("live on")
    edit(publication / name, old, new)

    expect(page.get_by_role("alert")).to_contain_text(name.rpartition("/")[2])
    assert re.search(r":\d+", page.get_by_role("alert").inner_text())
    expect(page.locator("iframe")).to_have_count(18)
    edit(publication / name, new, old)
    expect(page.get_by_role("alert")).to_have_count(0)


def test_two_tabs_follow_the_same_files(browser: Browser, page: Page, preview: Preview, publication: Path) -> None:
    """Each keeps its own choices; both are up to date."""
    other = browser.new_page()
    page.goto(f"{preview.url(LABEL)}?edition=advisers.fi&view=text")
    other.goto(f"{preview.url(LABEL)}?edition=managers.fi&view=mjml")
    edit(publication / "newsletter.toml", "Seutukaupunkien yhteiset uutiset", "Seutujen omat uutiset")

    expect(page.locator(".sheet")).to_contain_text("Seutujen omat uutiset")
    expect(other.locator(".sheet")).to_contain_text("Seutujen omat uutiset")
    other.close()


def test_findings_come_by_themselves(page: Page, preview: Preview, publication: Path) -> None:
    """Pictures first, checks when there is time."""
    edit(publication / "issues" / LABEL / "issue.toml", "Tähän numeroon", "TODO: tähän numeroon")
    page.goto(f"{preview.url(LABEL)}?edition=advisers.fi")

    expect(page.locator(".finding").first).to_contain_text(f"issues/{LABEL}/issue.toml:")


def test_a_reader_is_found_and_no_address_of_a_page_tells_who(page: Page, preview: Preview, publication: Path) -> None:
    """The mail is that person's; address bar and history hold an opaque name."""
    with open_newsletter(publication / "newsletter.toml") as newsletter:
        person = newsletter.audience.readers(parse_edition_key("advisers.fi"))[0]
    page.goto(f"{preview.url(LABEL)}?edition=advisers.fi&view=headers")
    page.keyboard.press("/")
    page.keyboard.type(person.address)
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("reader="))

    expect(page.locator(".sheet")).to_contain_text(person.address)
    assert "@" not in page.url
    assert person.address.partition("@")[0] not in page.url


def test_a_rehearsed_mail_is_read(page: Page, preview: Preview, publication: Path) -> None:
    """The outbox fills while it is looked at; each mail opens as picture, text, headers and bytes."""
    page.goto(f"{preview.url()}outbox")
    expect(page.locator("#about-none")).to_contain_text("newsletter issue send LABEL")
    with open_newsletter(publication / "newsletter.toml") as newsletter:
        newsletter.issues.approve(LABEL, by="Testaaja")
        newsletter.deliveries.send(LABEL, by="Testaaja")
    first = page.locator("#rail a").first
    first.wait_for()
    first.click()
    page.locator("#shot-mail-375 iframe").wait_for()
    assert "SEUTU" in picture(page, "mail").locator("h1").inner_text()

    for key, words in (("t", "SEUTU"), ("h", "List-Unsubscribe"), ("w", "multipart/alternative")):
        page.keyboard.press(key)
        expect(page.locator(".sheet")).to_contain_text(words)


HOSTILE = """\
To: a@example.com\r
Content-Type: text/html\r
\r
<script>top.document.title='x';document.title='x';fetch('http://127.0.0.1:{port}/')</script>
<meta http-equiv=refresh content='0;url=http://127.0.0.1:{port}/refresh'><base href='http://127.0.0.1:{port}/'>
<link rel=stylesheet href=http://127.0.0.1:{port}/style.css><link rel=prefetch href=http://127.0.0.1:{port}/next>
<img src=http://127.0.0.1:{port}/pixel.png onerror="top.location='http://127.0.0.1:{port}/'">
<iframe src=http://127.0.0.1:{port}/frame></iframe><form action=/x><button>x</button></form><p id=end>loppu</p>
"""


def test_a_mail_with_script_cannot_reach_the_page(browser: Browser, preview: Preview, publication: Path) -> None:
    """Scripts, handlers, frames, forms and refreshes of a hostile mail do nothing, and nothing is fetched (P5)."""
    message = publication / "outbox" / LABEL / "aa.eml"
    message.parent.mkdir(parents=True)
    with socket.create_server(("127.0.0.1", 0)) as trap:
        trap.settimeout(0.5)
        message.write_text(HOSTILE.replace("{port}", str(trap.getsockname()[1])))
        page = browser.new_page()
        page.goto(f"{preview.url()}outbox/{LABEL}/aa?width=375")
        frame = picture(page, "mail")
        frame.locator("#end").wait_for()

        with pytest.raises(TimeoutError):
            trap.accept()
        assert frame.evaluate("window.origin") == "null"
        assert page.title() != "x"
        page.close()


def test_a_page_elsewhere_can_neither_frame_nor_ask(browser: Browser, preview: Preview) -> None:
    """Another site in the same browser sees nothing of the preview (P2, P3)."""
    page = browser.new_page()
    page.route("http://evil.example/", lambda route: route.fulfill(body="<p>x</p>", content_type="text/html"))
    page.goto("http://evil.example/")
    heard = page.evaluate(
        """address => Promise.all([
            fetch(address, {method: 'POST', body: '{}', headers: {'Content-Type': 'text/plain'}, mode: 'no-cors'})
                .then(one => one.type, () => 'failed'),
            fetch(address).then(() => 'read', () => 'failed'),
            new Promise(done => { const news = new EventSource(address + '/changes');
                news.onmessage = () => done('heard'); news.onerror = () => done('failed'); }),
        ])""",
        preview.url(LABEL),
    )

    assert heard[1:] == ["failed", "failed"]
    page.close()


HEIGHTS = "one => [one.querySelector('iframe').offsetHeight, one.clientHeight, one.scrollHeight]"


@pytest.mark.parametrize("width", [320, 1024])
def test_a_frame_is_as_tall_as_its_mail(page: Page, preview: Preview, width: int) -> None:
    """The screen scrolls and not the frame, from the first to the last line of the mail."""
    page.goto(f"{preview.url(LABEL)}?edition=advisers.fi&width={width}")
    figure = page.locator(f'[id="shot-advisers.fi-{width}"]')
    expect(figure).to_have_attribute("data-shown", re.compile("v="))
    frame, seen, whole = figure.locator(".screen").evaluate(HEIGHTS)

    assert picture(page, width=width).evaluate("document.body.scrollHeight") == frame == whole > seen


def test_a_frame_that_cannot_grow_scrolls_by_itself(page: Page, preview: Preview) -> None:
    """A browser that does not size frames shows one as tall as the screen, and nothing of the mail is out of reach."""
    styles = re.compile(r"/static/studio\.css")
    page.route(styles, lambda route: route.fulfill(body=route.fetch().text().replace("content-height", "unknown")))
    page.goto(f"{preview.url(LABEL)}?edition=advisers.fi&width=375")
    expect(page.locator("figure")).to_have_attribute("data-shown", re.compile("v="))
    frame, seen, whole = page.locator(".screen").evaluate(HEIGHTS)
    end = picture(page).evaluate("scrollTo(0, 99999), innerHeight + scrollY - document.body.scrollHeight")

    assert frame == seen == whole
    assert (end, picture(page).evaluate("scrollY > innerHeight")) == (0, True)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("path", ["issue", "edition", "words", "headers", "outbox", "help", "broken"])
def test_axe_finds_nothing(browser: Browser, preview: Preview, publication: Path, scheme: str, path: str) -> None:
    """Every screen is fit for everybody, in light and in dark."""
    if not AXE.is_file():
        pytest.skip("axe-core is not installed: npm ci")
    query = {"edition": "?edition=advisers.fi", "words": "?view=text", "headers": "?view=headers"}.get(path, "")
    if path == "broken":
        edit(publication / "templates" / "email" / "pieces.mjml.j2", "<h1>", "<h1>{{ nmae }}")
    context = browser.new_context(color_scheme=scheme, viewport={"width": 1500, "height": 900}, bypass_csp=True)  # type: ignore[arg-type]  # one of the two
    page = context.new_page()
    page.goto(f"{preview.url()}outbox" if path == "outbox" else preview.url(LABEL) + query)
    if path not in ("outbox", "broken"):
        expect(page.locator(".finding").first).to_be_attached()
    if path == "help":
        page.keyboard.press("?")
    page.add_script_tag(path=str(AXE))
    found = page.evaluate(
        "axe.run(document, {iframes: false,"
        " runOnly: ['wcag2a','wcag2aa','wcag21a','wcag21aa','wcag22aa','best-practice']})"
    )

    assert [(one["id"], [node["html"] for node in one["nodes"]]) for one in found["violations"]] == []
    context.close()
