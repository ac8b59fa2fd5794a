"""A Chromium that is already on this machine, driven through a pipe to take pictures of pages.

Door: `Chromium`. Speaks the few words of the DevTools protocol that a picture needs (source:
chromedevtools.github.io/devtools-protocol, 2026), so that nothing has to be installed. Scripts are off and the network
is cut. Linux and macOS: Windows hands no pipes on in this way. It must not know what the pages are.
"""

import base64
import fcntl
import itertools
import json
import os
import select
import signal
import tempfile
from collections.abc import Mapping
from contextlib import ExitStack, suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from newsletter.errors import UsageError

SILENCE_SECONDS_MAX = 30.0
"""A browser that says nothing for so long has died or hangs."""
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
_FIRST_FREE = 10


class Chromium:
    """A browser without a window; use it in a `with` block.

    Args:
        program: The browser.

    Raises:
        UsageError: It does not start, stops answering, or refuses a command.
    """

    def __init__(self, program: Path) -> None:
        self._program = program
        self._numbers = itertools.count(1)
        self._unread = b""
        self._cleaning = ExitStack()
        self._session: str | None = None
        self._is_loaded = False

    def __enter__(self) -> Self:
        with ExitStack() as starting:
            profile = starting.enter_context(tempfile.TemporaryDirectory(ignore_cleanup_errors=True))
            self._page = Path(profile) / "page.html"
            self._process = self._spawn(profile, starting)
            starting.callback(self._end)
            target = self._ask("Target.createTarget", {"url": "about:blank"})["targetId"]
            self._session = self._ask("Target.attachToTarget", {"targetId": target, "flatten": True})["sessionId"]
            self._ask("Emulation.setScriptExecutionDisabled", {"value": True})
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

    def picture(self, html: str, *, width: int) -> bytes:
        """Give a page as PNG at a width in pixels, from its top to its end."""
        screen = {"width": width, "height": 100, "deviceScaleFactor": 1, "mobile": False}
        self._ask("Emulation.setDeviceMetricsOverride", screen)
        self._page.write_text(html, encoding="utf-8")
        self._is_loaded = False
        self._ask("Page.navigate", {"url": self._page.as_uri()})
        while not self._is_loaded:
            self._next()
        size = self._ask("Page.getLayoutMetrics", {})["cssContentSize"]
        clip = {"x": 0, "y": 0, "width": width, "height": min(size["height"], HEIGHT_MAX), "scale": 1}
        shot = self._ask("Page.captureScreenshot", {"format": "png", "captureBeyondViewport": True, "clip": clip})
        return base64.b64decode(shot["data"])

    def _spawn(self, profile: str, starting: ExitStack) -> int:
        """Start the program with our pipes as its descriptors 3 and 4; give its process id."""
        read_by_it, self._to_it = self._pipe(starting)
        self._from_it, written_by_it = self._pipe(starting)
        arguments = [str(self._program), *_ARGUMENTS, f"--user-data-dir={profile}"]
        if os.geteuid() == 0:
            # Chromium's own sandbox refuses to start for root; the pages have no script and no network.
            arguments.append("--no-sandbox")
        nowhere = [(os.POSIX_SPAWN_OPEN, number, os.devnull, os.O_WRONLY, 0) for number in (1, 2)]
        pipes = [(os.POSIX_SPAWN_DUP2, read_by_it, _FROM_US), (os.POSIX_SPAWN_DUP2, written_by_it, _TO_US)]
        try:
            process = os.posix_spawn(arguments[0], arguments, os.environ, file_actions=[*nowhere, *pipes], setpgroup=0)
        except OSError as error:
            raise self._fault(f"does not start: {error.strerror}") from error
        os.close(read_by_it)
        os.close(written_by_it)
        return process

    def _pipe(self, starting: ExitStack) -> tuple[int, int]:
        """Make a pipe whose descriptors collide with none of the browser's; ours is closed in the end."""
        ends = []
        for low in os.pipe():
            ends.append(fcntl.fcntl(low, fcntl.F_DUPFD_CLOEXEC, _FIRST_FREE))
            os.close(low)
            starting.callback(_close, ends[-1])
        return ends[0], ends[1]

    def _end(self) -> None:
        """Stop the browser with everything it started."""
        with suppress(ProcessLookupError):
            os.killpg(self._process, signal.SIGKILL)
        os.waitpid(self._process, 0)

    def _ask(self, method: str, parameters: Mapping[str, object]) -> dict[str, Any]:
        """Send a command and give its answer; what the browser tells in between is nothing to us."""
        number = next(self._numbers)
        command: dict[str, object] = {"id": number, "method": method, "params": parameters}
        if self._session is not None:
            command["sessionId"] = self._session
        try:
            os.write(self._to_it, json.dumps(command).encode() + b"\0")
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
        """Say what is wrong with the browser."""
        return UsageError(
            f"{self._program.name} {what}; no pictures were made.", hint="Try another Chromium or Chrome."
        )


def _close(descriptor: int) -> None:
    """Close a descriptor that may be closed already."""
    with suppress(OSError):
        os.close(descriptor)
