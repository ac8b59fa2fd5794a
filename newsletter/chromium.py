"""A Chromium that is already on this machine, driven through a pipe to take pictures of pages and to look at them.

Door: `find_chromium` and `open_chromium`. Speaks the few words of the DevTools protocol that this needs (source:
chromedevtools.github.io/devtools-protocol, 2026), so that nothing has to be installed. A page's own scripts never run
and the network is cut. Linux and macOS: Windows hands no pipes on in this way.
"""

import base64
import itertools
import json
import os
import select
import shutil
import tempfile
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from newsletter import machine
from newsletter.errors import UsageError

PROGRAMS = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "microsoft-edge",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge",
)

SILENCE_SECONDS_MAX = 30.0
"""A browser that says nothing for so long has died or hangs."""
SCREEN_HEIGHT = 100
"""Lower than any page, so that its own height is measured and not the screen's."""
HEIGHT_MAX = 16_000
"""Chromium paints no taller picture (its textures end at 16,384 pixels)."""

_ARGUMENTS = (
    "--headless=new",
    "--remote-debugging-pipe",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
    "--host-resolver-rules=MAP * ~NOTFOUND",
)
_FROM_US, _TO_US = 3, 4
"""The descriptors on which Chromium reads and writes."""


def find_chromium() -> Path | None:
    """Find a Chromium, Chrome or Edge on this machine."""
    found = (shutil.which(name) for name in PROGRAMS)
    return next((Path(one) for one in found if one is not None), None)


def open_chromium(program: Path | None, *, undone: str, otherwise: str) -> "Chromium":
    """Make a browser ready for a `with` block.

    Args:
        program: As `find_chromium` gives it.
        undone: What did not happen when there is none, as a clause: "no pictures were made".
        otherwise: What a person can do without a browser, as an imperative clause.

    Raises:
        UsageError: There is no browser, or none can be driven here; with what to do.
    """
    if not machine.HAS_PIPES:
        hint = f"{otherwise[:1].upper()}{otherwise[1:]}."
        raise UsageError(f"A browser can be driven on Linux and macOS only; {undone}.", hint=hint)
    if program is None:
        raise UsageError(
            f"There is no Chromium, Chrome or Edge on this machine; {undone}.",
            hint=f"Install one of them, or {otherwise}.",
        )
    return Chromium(program, undone=undone)


class Chromium:
    """A browser without a window; use it in a `with` block.

    Raises:
        UsageError: It does not start, stops answering, or refuses a command.
    """

    def __init__(self, program: Path, *, undone: str) -> None:
        self._program = program
        self._undone = undone
        self._numbers = itertools.count(1)
        self._unread = b""
        self._cleaning = ExitStack()
        self._session: str | None = None
        self._is_loaded = False

    def __enter__(self) -> Self:
        with ExitStack() as starting:
            profile = starting.enter_context(tempfile.TemporaryDirectory(ignore_cleanup_errors=True))
            self._page = Path(profile) / "page.html"
            self._spawn(profile, starting)
            target = self._ask("Target.createTarget", {"url": "about:blank"})["targetId"]
            self._session = self._ask("Target.attachToTarget", {"targetId": target, "flatten": True})["sessionId"]
            self._ask("Network.enable", {})
            offline = {"offline": True, "latency": 0, "downloadThroughput": 0, "uploadThroughput": 0}
            self._ask("Network.emulateNetworkConditions", offline)
            self._ask("Page.enable", {})
            self._cleaning = starting.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._cleaning.close()

    def show(self, html: str) -> None:
        """Open a page; its own scripts do not run, and it loads nothing from elsewhere."""
        self._ask("Emulation.setScriptExecutionDisabled", {"value": True})
        self._page.write_text(html, encoding="utf-8")
        self._is_loaded = False
        self._ask("Page.navigate", {"url": self._page.as_uri()})
        while not self._is_loaded:
            self._next()
        frame = self._ask("Page.getFrameTree", {})["frameTree"]["frame"]["id"]
        # What we run sees the page, but not what the page may have made of the language's own objects.
        world = self._ask("Page.createIsolatedWorld", {"frameId": frame})
        self._world = world["executionContextId"]

    def view(self, *, width: int, is_dark: bool = False) -> None:
        """See the page at a width in pixels, in light or in dark, as a reader who prefers that would."""
        screen = {"width": width, "height": SCREEN_HEIGHT, "deviceScaleFactor": 1, "mobile": False}
        self._ask("Emulation.setDeviceMetricsOverride", screen)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if is_dark else "light"}
        self._ask("Emulation.setEmulatedMedia", {"features": [scheme]})

    def evaluate(self, script: str) -> object:
        """Run a script of ours in the page and give its value as plain lists, dicts, texts and numbers.

        Raises:
            UsageError: It fails, or as the class says.
        """
        # A promise settles only where scripts may run. The page's own have had their moment and are not run again.
        self._ask("Emulation.setScriptExecutionDisabled", {"value": False})
        asked = {"expression": script, "contextId": self._world, "awaitPromise": True, "returnByValue": True}
        answer = self._ask("Runtime.evaluate", asked)
        self._ask("Emulation.setScriptExecutionDisabled", {"value": True})
        if "exceptionDetails" in answer:
            raise self._fault("cannot run what looks at the page")
        value: object = answer["result"].get("value")
        return value

    def picture(self, html: str, *, width: int) -> bytes:
        """Give a page as PNG at a width in pixels, from its top to its end."""
        self.view(width=width)
        self.show(html)
        size = self._ask("Page.getLayoutMetrics", {})["cssContentSize"]
        clip = {"x": 0, "y": 0, "width": width, "height": min(size["height"], HEIGHT_MAX), "scale": 1}
        shot = self._ask("Page.captureScreenshot", {"format": "png", "captureBeyondViewport": True, "clip": clip})
        return base64.b64decode(shot["data"])

    def _spawn(self, profile: str, starting: ExitStack) -> None:
        arguments = [str(self._program), *_ARGUMENTS, f"--user-data-dir={profile}"]
        if machine.is_administrator():
            # Chromium's own sandbox refuses to start for root; the pages have no script and no network.
            arguments.append("--no-sandbox")
        try:
            process, self._to_it, self._from_it = machine.spawn_on_pipes(arguments, reads=_FROM_US, writes=_TO_US)
        except OSError as error:
            raise self._fault(f"does not start: {error.strerror}") from error
        starting.callback(os.close, self._to_it)
        starting.callback(os.close, self._from_it)
        starting.callback(machine.end_group, process)

    def _ask(self, method: str, parameters: Mapping[str, object]) -> dict[str, Any]:
        """Send a command and give its answer; what the browser tells in between is nothing to us."""
        number = next(self._numbers)
        command: dict[str, object] = {"id": number, "method": method, "params": parameters}
        if self._session is not None:
            command["sessionId"] = self._session
        unsaid = memoryview(json.dumps(command).encode() + b"\0")
        try:
            while unsaid:
                unsaid = unsaid[os.write(self._to_it, unsaid) :]
        except OSError as error:
            raise self._fault("has ended") from error
        while True:
            said = self._next()
            if said.get("id") == number:
                if "error" in said:
                    raise self._fault(f"refuses {method}")
                result: dict[str, Any] = said["result"]
                return result

    def _next(self) -> dict[str, Any]:
        """Read the next thing it says."""
        while b"\0" not in self._unread:
            ready, _, _ = select.select([self._from_it], [], [], SILENCE_SECONDS_MAX)
            piece = os.read(self._from_it, 1 << 16) if ready else b""
            if not piece:
                raise self._fault("has ended" if ready else "does not answer")
            self._unread += piece
        line, _, self._unread = self._unread.partition(b"\0")
        said: dict[str, Any] = json.loads(line)
        # Told in between, at times before the answer to the command that caused it.
        self._is_loaded = self._is_loaded or said.get("method") == "Page.loadEventFired"
        return said

    def _fault(self, what: str) -> UsageError:
        return UsageError(f"{self._program.name} {what}; {self._undone}.", hint="Try another Chromium or Chrome.")
