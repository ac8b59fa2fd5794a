"""Lists of people: files that are imported, and exported."""

from collections.abc import Callable
from pathlib import Path

from newsletter.audience.lists.exports import write_csv
from newsletter.audience.lists.imports import ImportResult, import_people
from newsletter.audience.lists.people_file import read_csv
from newsletter.errors import ContentError
from newsletter.service.audience.people import PeopleService
from newsletter.service.resources import Resources


class ListService:
    """The verbs of `subscriber` about many."""

    def __init__(self, resources: Resources) -> None:
        self._resources = resources

    def import_file(
        self,
        path: Path,
        *,
        wording: str,
        is_dry_run: bool = False,
        progress: Callable[[int], None] = lambda _rows: None,
    ) -> ImportResult:
        """Add the people of a CSV file and complete those who are known.

        Args:
            path: The file.
            wording: What the people agreed to, or the lawful basis in words; kept as the proof of consent.
            is_dry_run: Count and name everything, keep nothing.
            progress: Called with the rows done so far.

        Raises:
            ContentError: The file cannot be read, or is no list of people.
            UsageError: The wording is empty.
        """
        try:
            content = path.read_bytes()
        except OSError as error:
            raise ContentError(f"{path} cannot be read: {error.strerror}.", hint="Check the path.") from error
        publication = self._resources.settings.publication
        return import_people(
            read_csv(content, path.name),
            transaction=lambda: self._resources.people(is_writing=True),
            now=self._resources.clock.now().astimezone(publication.zone),
            source=f"import {path.name}",
            wording=wording,
            default_language=publication.languages[0],
            segments=self._resources.segments,
            is_dry_run=is_dry_run,
            progress=progress,
        )

    def export(self, path: Path, *, is_lossless: bool = False) -> int:
        """Write everybody to a new CSV file that only its owner can read; give how many.

        Raises:
            UsageError: Something is there already, or the folder is missing.
        """
        with self._resources.people() as store:
            attributes = store.attribute_names()
        return write_csv(
            PeopleService(self._resources).everybody(), path, attributes=attributes, is_lossless=is_lossless
        )
