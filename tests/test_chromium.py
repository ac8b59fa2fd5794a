"""The driver of the browser: by a program that only speaks like one, and by the Chromium of this machine."""

import stat
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from newsletter.chromium import Chromium, find_chromium, open_chromium
from newsletter.errors import UsageError
from tests.fakes.chromium import write_chromium

UNDONE = "nothing was seen"

PAGE = (
    "<title>x</title><body style='margin:0;background:#00ff00'><div style='height:50px'></div>"
    "<script>document.title='run';document.body.style.background='#ff0000'</script>"
    "<img src=http://127.0.0.1:9/x.png width=1 height=1>"
)


def program() -> Path:
    """Give the browser of this machine."""
    found = find_chromium()
    if found is None:
        pytest.skip("no Chromium is installed")
    return found


def test_a_script_of_ours_gives_plain_values(tmp_path: Path) -> None:
    """What the browser says in between is passed over, and a long script reaches it whole."""
    fake = write_chromium(tmp_path, value={"width": 320})
    with Chromium(fake.program, undone=UNDONE) as browser:
        browser.show("<p>Hei</p>")
        browser.view(width=320, is_dark=True)
        seen = browser.evaluate("1" * 1_000_000)

    asked = [(one["method"], one["params"]) for one in fake.asked()]
    assert seen == {"width": 320}
    assert asked[-5:] == [
        (
            "Emulation.setDeviceMetricsOverride",
            {"width": 320, "height": 100, "deviceScaleFactor": 1, "mobile": False},
        ),
        ("Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": "dark"}]}),
        ("Emulation.setScriptExecutionDisabled", {"value": False}),
        (
            "Runtime.evaluate",
            {"expression": "1" * 1_000_000, "contextId": 7, "awaitPromise": True, "returnByValue": True},
        ),
        ("Emulation.setScriptExecutionDisabled", {"value": True}),
    ]


def test_the_network_is_cut_before_a_page_opens(tmp_path: Path) -> None:
    """Offline, and without scripts: both are asked for before the first page."""
    fake = write_chromium(tmp_path)
    with Chromium(fake.program, undone=UNDONE) as browser:
        browser.show("<p>Hei</p>")

    methods = [one["method"] for one in fake.asked()]
    opened = methods.index("Page.navigate")
    assert {"Network.emulateNetworkConditions", "Emulation.setScriptExecutionDisabled"} <= set(methods[:opened])


def test_a_script_that_fails_is_told(tmp_path: Path) -> None:
    """What the page's side says of it stays out of the message: it may quote the mail."""
    fake = write_chromium(tmp_path, fails=True)
    with pytest.raises(UsageError) as caught, Chromium(fake.program, undone=UNDONE) as browser:
        browser.show("<p>Hei</p>")
        browser.evaluate("boom()")

    assert caught.value.message == "chromium cannot run what looks at the page; nothing was seen."


def test_a_command_that_is_refused_is_told(tmp_path: Path) -> None:
    """An old browser may not know a word of ours."""
    fake = write_chromium(tmp_path, refuses="Page.enable")
    with pytest.raises(UsageError) as caught, Chromium(fake.program, undone=UNDONE):
        pass

    assert caught.value.message == "chromium refuses Page.enable; nothing was seen."


def test_a_browser_that_ends_in_between_is_told(tmp_path: Path) -> None:
    """Neither reading nor writing hangs when it is gone."""
    fake = write_chromium(tmp_path, ends_at="Page.navigate")
    with pytest.raises(UsageError) as caught, Chromium(fake.program, undone=UNDONE) as browser:
        browser.show("<p>Hei</p>")

    assert caught.value.message == "chromium has ended; nothing was seen."


def test_a_program_that_is_no_browser_is_told(tmp_path: Path) -> None:
    """Whatever ends without answering, and whatever cannot be started, is named."""
    silent = tmp_path / "silent"
    silent.write_text("#!/bin/sh\nexit 0\n")
    silent.chmod(silent.stat().st_mode | stat.S_IXUSR)
    with pytest.raises(UsageError) as ended, Chromium(silent, undone=UNDONE):
        pass
    with pytest.raises(UsageError) as missing, Chromium(tmp_path / "none", undone=UNDONE):
        pass

    assert (ended.value.message, missing.value.message) == (
        "silent has ended; nothing was seen.",
        "none does not start: No such file or directory; nothing was seen.",
    )


def test_without_a_browser_the_message_says_what_to_do() -> None:
    """What is missing, what did not happen, and the way without it."""
    with pytest.raises(UsageError) as caught:
        open_chromium(None, undone=UNDONE, otherwise="close your eyes")

    assert (caught.value.message, caught.value.hint, caught.value.exit_code) == (
        "There is no Chromium, Chrome or Edge on this machine; nothing was seen.",
        "Install one of them, or close your eyes.",
        2,
    )


def test_the_browser_leaves_nothing_open(tmp_path: Path) -> None:
    """Pipes and process are given back."""
    descriptors = Path("/proc/self/fd")
    if not descriptors.is_dir():
        pytest.skip("this system does not list open descriptors")
    before = len(list(descriptors.iterdir()))
    with Chromium(write_chromium(tmp_path).program, undone=UNDONE):
        pass

    assert len(list(descriptors.iterdir())) == before


@pytest.mark.browser
def test_a_page_can_neither_run_nor_reach_anything() -> None:
    """Scripts are off and the network is cut: a green page stays green, also after we ran something ourselves."""
    with Chromium(program(), undone=UNDONE) as browser:
        for _ in range(2):
            picture = Image.open(BytesIO(browser.picture(PAGE, width=40))).convert("RGB")
            title = browser.evaluate("Promise.resolve(document.title)")

            assert (picture.width, picture.getpixel((5, 5)), title) == (40, (0, 255, 0), "x")


@pytest.mark.browser
def test_a_page_is_seen_in_its_width_and_light() -> None:
    """Media queries of the page answer as they would for a reader."""
    sees = "[innerWidth, matchMedia('(prefers-color-scheme: dark)').matches]"
    with Chromium(program(), undone=UNDONE) as browser:
        browser.show(PAGE)
        seen = []
        for width, is_dark in ((320, False), (1024, True)):
            browser.view(width=width, is_dark=is_dark)
            seen.append(browser.evaluate(sees))

    assert seen == [[320, False], [1024, True]]
