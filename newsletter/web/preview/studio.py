"""The studio while it runs: the publication as its configuration is now, the issues on their views, who looks at them.

Door: `Studio`. `run` follows the files until it is told to stop; everything else answers the site.
"""

import asyncio
import secrets
import threading
from collections.abc import Callable

from newsletter.domain.issue import IssueLabel
from newsletter.errors import NewsletterError
from newsletter.service.audience.people import PeopleService
from newsletter.service.audience.service import AudienceService
from newsletter.web.messages.mail import Mailbox
from newsletter.web.messages.readers import Readers
from newsletter.web.preview.issue_view import IssueView
from newsletter.web.preview.watch import ChangeSignal, Part, changes
from newsletter.wiring import Newsletter

CALM_SECONDS = 0.25
"""Checks begin when nothing was saved for so long: until then the processor belongs to the pictures."""


class Studio:
    """All that the preview holds in memory.

    Attributes:
        run_id: Another one each time the program starts, so that an open page notices.
    """

    def __init__(self, open_publication: Callable[[], Newsletter]) -> None:
        self._open_publication = open_publication
        self._newsletter = open_publication()
        self._views: dict[IssueLabel, IssueView] = {}
        self._opening = threading.Lock()
        self._stop = asyncio.Event()
        self._calm: asyncio.Task[None] | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self.run_id = secrets.token_hex(4)
        self.readers = Readers(audience=self._audience, people=self._people)
        self.pages_changed = ChangeSignal()
        self.outbox_changed = ChangeSignal()

    @property
    def newsletter(self) -> Newsletter:
        """Give the publication as its configuration was when it could last be read."""
        return self._newsletter

    @property
    def mailbox(self) -> Mailbox:
        """Give the outbox of the configuration."""
        return Mailbox(self._newsletter.settings.outbox_path)

    def labels(self) -> tuple[IssueLabel, ...]:
        """Give every issue that has a file, the newest first."""
        return tuple(reversed(self._newsletter.issues.labels()))

    def view(self, label: str) -> IssueView | None:
        """Give the view of an issue, rendered; None when there is no such issue."""
        known = next((one for one in self.labels() if one == label), None)
        if known is None:
            return None
        with self._opening:
            view = self._views.get(known)
            if view is None:
                view = IssueView(label=known, publication=lambda: self._newsletter)
                view.refresh()
                view.count_audience()
                self._views[known] = view
                if self._loop is not None:
                    # Pages are made in threads of their own; tasks belong to the loop.
                    self._loop.call_soon_threadsafe(self._look_over_soon)
        return view

    async def run(self) -> None:
        """Follow the files until `stop`: pictures at once, checks when there is time."""
        self._loop = asyncio.get_running_loop()
        for newest in self.labels()[:1]:
            # The first page is ready before somebody opens it.
            await asyncio.to_thread(self.view, newest)
        while not self._stop.is_set():
            settings = self._newsletter.settings
            async for parts in changes(settings, self._stop):
                await self._follow(parts)
                if self._newsletter.settings is not settings:
                    # Another configuration may name other folders.
                    break

    def stop(self) -> None:
        """End `run`, and let every waiting page go."""
        self._stop.set()
        if self._calm is not None:
            self._calm.cancel()
        self.pages_changed.end()
        self.outbox_changed.end()

    def close(self) -> None:
        """Give back the publication."""
        self._newsletter.close()

    def _audience(self) -> AudienceService:
        return self._newsletter.audience

    def _people(self) -> PeopleService:
        return self._newsletter.people

    async def _follow(self, parts: frozenset[Part]) -> None:
        if Part.OUTBOX in parts:
            self.outbox_changed.ring()
        if parts <= {Part.OUTBOX}:
            return
        await asyncio.to_thread(self._refresh, is_configuration=Part.CONFIGURATION in parts)
        self.pages_changed.ring()
        self._look_over_soon()

    def _refresh(self, *, is_configuration: bool) -> None:
        """Render every issue that somebody has looked at."""
        if is_configuration:
            try:
                opened = self._open_publication()
            except NewsletterError as error:
                for view in self._views.values():
                    view.report(error)
                return
            before, self._newsletter = self._newsletter, opened
            before.close()
        for view in self._views.values():
            view.refresh()

    def _look_over_soon(self) -> None:
        """Check what was rendered once it is quiet; another change starts the wait anew."""
        if self._calm is not None:
            self._calm.cancel()
        self._calm = asyncio.create_task(self._look_over())

    async def _look_over(self) -> None:
        await asyncio.sleep(CALM_SECONDS)
        for view in list(self._views.values()):
            await asyncio.to_thread(view.look_over)
            self.pages_changed.ring()
            await asyncio.to_thread(view.count_audience)
            self.pages_changed.ring()
