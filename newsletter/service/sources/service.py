"""The verbs of `source`."""

from collections.abc import Callable, Sequence
from pathlib import Path

from newsletter.collect.gather import Fetches
from newsletter.domain.content import Problem, SourceId
from newsletter.service.resources import Resources
from newsletter.service.sources.adding import Proposal, propose, write
from newsletter.service.sources.breaches import breaches
from newsletter.service.sources.watching import Checked, check


class SourceService:
    """Look at the sources, and add one."""

    def __init__(self, resources: Resources, fetcher: Fetches) -> None:
        self._resources = resources
        self._fetcher = fetcher

    def look(
        self,
        place: str,
        *,
        key: str | None = None,
        language: str | None = None,
        allow_private_hosts: bool = False,
        folder: Path | None = None,
    ) -> tuple[Proposal, ...]:
        """Look at an address, a file or a folder and say what could be a source of it; nothing is written.

        Args:
            place: With or without https://; a path counts from `folder`, by default that of newsletter.toml.
            key: The source's id; by default one is made.
            language: Of its texts; by default it is told by their words.
            allow_private_hosts: The address may stand in the own network.
            folder: See `place`.

        Raises:
            UsageError: The key is taken, or the place is neither an address nor a file.
            SourceError: Nothing can be read there.
        """
        return propose(
            self._resources,
            self._fetcher,
            place,
            key=key,
            language=language,
            allow_private_hosts=allow_private_hosts,
            folder=folder or self._resources.settings.root,
        )

    def breaches(self) -> tuple[Problem, ...]:
        """Say which sources were not what they were when they were last looked at; no network.

        Raises:
            StorageError: The database cannot be read.
        """
        return breaches(self._resources)

    def check(self, *, on_wait: Callable[[Sequence[SourceId]], None] = lambda _sources: None) -> tuple[Checked, ...]:
        """Look at every source now, as `collect` does, and keep nothing of it.

        Raises:
            StorageError: The database cannot be read.
        """
        return check(self._resources, self._fetcher, on_wait=on_wait)

    def add(self, proposal: Proposal) -> None:
        """Write a source into newsletter.toml, behind the others; every byte that was there stays.

        Raises:
            UsageError: It is there already.
        """
        write(self._resources, proposal)
