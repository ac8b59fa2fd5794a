"""Lists of people: files that are imported, and exported."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from newsletter.audience.grounds import Basis
from newsletter.audience.lists.exports import Exported, write_people
from newsletter.audience.lists.imports import import_people
from newsletter.audience.lists.mending import MendingFile
from newsletter.audience.lists.reading.headings import Column, Layout, refuse_strange_mapping
from newsletter.audience.lists.reading.people_file import ParsedList, read_list
from newsletter.audience.lists.records import Barred, PersonRecord, read_records, write_records
from newsletter.audience.lists.result import ImportResult, Taken
from newsletter.audience.lists.taking import take_people
from newsletter.domain.audience import SuppressionReason, normal_address
from newsletter.domain.rules import facts_asked
from newsletter.errors import ContentError, UsageError, counted
from newsletter.service.audience.people import PeopleService
from newsletter.service.resources import Resources

Progress = Callable[[int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """What an import did.

    Attributes:
        result: Its counts.
        to_mend: The file with the rows that were rejected or held, or None when there are none.
    """

    result: ImportResult
    to_mend: Path | None


class OpenList:
    """A list that was read and not imported yet.

    Args:
        resources: Configuration, database, clock.
        parsed: The list.
        departure: Why nobody in it must be mailed, where it is a list of such people.
    """

    def __init__(self, resources: Resources, parsed: ParsedList, *, departure: SuppressionReason | None = None) -> None:
        self._resources = resources
        self._parsed = parsed
        self._departure = departure

    @property
    def described(self) -> str:
        """Say how the file is read, and how many rows it has."""
        return f"{self._parsed.name}: {self._parsed.table.described}, {counted(self._parsed.row_count, 'row')}"

    @property
    def columns(self) -> Sequence[Column]:
        """Give what each column is."""
        return self._parsed.columns

    def preview(self, basis: Basis | None = None, *, progress: Progress = lambda _rows: None) -> ImportResult:
        """Count and name everything, keep nothing."""
        return self._import(basis, is_dry_run=True, progress=progress).result

    def keep(self, basis: Basis | None = None, *, progress: Progress = lambda _rows: None) -> Imported:
        """Add the people and complete those who are known.

        Raises:
            UsageError: Neither the basis nor the list says on which ground some of the new people may be written to;
                nothing was kept.
        """
        if basis is None:
            require_ground(self.preview(progress=progress))
        return self._import(basis, is_dry_run=False, progress=progress)

    def _import(self, basis: Basis | None, *, is_dry_run: bool, progress: Progress) -> Imported:
        """Walk through the list."""
        publication = self._resources.settings.publication
        folder = self._resources.settings.segments_path.parent
        headings = [column.heading for column in self._parsed.columns]
        with MendingFile(folder, self._parsed.name, headings) as to_mend:
            result = import_people(
                self._parsed,
                transaction=lambda: self._resources.people(is_writing=not is_dry_run),
                now=self._resources.clock.now().astimezone(publication.zone),
                source=f"import {self._parsed.name}".replace("@", "(at)"),
                basis=basis,
                default_language=publication.languages[0],
                segments=self._resources.segments,
                departure=self._departure,
                topics=self._resources.settings.topics,
                is_dry_run=is_dry_run,
                progress=progress,
                to_mend=(lambda _row: None) if is_dry_run else to_mend.add,
            )
        return Imported(result=result, to_mend=to_mend.path)


def require_ground(preview: ImportResult) -> None:
    """Refuse to import people of whom nobody says why they may be written to.

    Raises:
        UsageError: As said.
    """
    if preview.without_ground:
        people = counted(preview.without_ground, "new person", "new people")
        raise UsageError(
            f"Nobody says on which ground {people} of this list may be written to; nothing was kept.",
            hint="Say what they agreed to, --consent TEXT, or what else allows it: --legitimate-interest TEXT,"
            " --public-task TEXT.",
        )


class ListService:
    """The verbs of `subscriber` about many."""

    def __init__(self, resources: Resources) -> None:
        self._resources = resources

    @contextmanager
    def open(
        self,
        path: Path,
        *,
        mapping: Mapping[str, str] | None = None,
        keep: Sequence[str] = (),
        encoding: str | None = None,
        sheet: str | None = None,
        departure: SuppressionReason | None = None,
    ) -> Iterator[OpenList]:
        """Read a list, for a `with` block in which it can be looked at and imported.

        Args:
            path: A CSV file or an XLSX workbook.
            mapping: Headings, and what they are; beside those of newsletter.toml.
            keep: Headings whose cells are kept as facts; likewise.
            encoding: What a CSV file is written in.
            sheet: Which sheet of a workbook.
            departure: Why nobody in it must be mailed, where it is a list of such people; it may be addresses alone.

        Raises:
            ContentError: The file cannot be read, or is no list of people.
            UsageError: There is no such encoding, sheet or column.
        """
        always = self._resources.settings.lists
        asked = [name for segment in self._resources.segments for name, _ in facts_asked(segment.who) if name != "tag"]
        layout = Layout(
            mapping={**always.map, **(mapping or {})},
            keep=(*always.keep, *keep),
            asked=asked,
            may_be_bare=departure is not None,
        )
        try:
            file = path.open("rb")
        except OSError as error:
            raise ContentError(f"{path} cannot be read: {error.strerror}.", hint="Check the path.") from error
        with file:
            parsed = read_list(file, path.name, layout=layout, encoding=encoding, sheet=sheet)
            refuse_strange_mapping(mapping or {}, [column.heading for column in parsed.columns])
            yield OpenList(self._resources, parsed, departure=departure)

    def import_file(self, path: Path, *, basis: Basis | None = None) -> Imported:
        """Import a list as it is.

        Raises:
            ContentError: The file cannot be read, or is no list of people.
            UsageError: Neither the basis nor the list says on which ground these people may be written to.
        """
        with self.open(path) as opened:
            return opened.keep(basis)

    def export(self, path: Path, *, is_lossless: bool = False) -> int:
        """Write everybody to a new CSV file that only its owner can read; give how many.

        Raises:
            UsageError: Something is there already, or the folder is missing.
        """
        with self._resources.people() as store:
            attributes = store.attribute_names()
        return write_people(self._exported(), path, attributes=attributes, is_lossless=is_lossless)

    def export_records(self, path: Path) -> int:
        """Write all that is known of everybody to a new JSON file that only its owner can read; give how many.

        Raises:
            UsageError: Something is there already, or the folder is missing.
        """
        publication, now = self._resources.settings.publication, self._resources.clock.now()
        return write_records(self._records(), path, publication=publication.id, made_at=now)

    def _records(self) -> Iterator[PersonRecord]:
        """Give everybody with all that moves, page by page."""
        for page in PeopleService(self._resources).pages():
            addresses = [person.address for person in page]
            with self._resources.people() as store:
                suppressions, consents = store.suppressions_of(addresses), store.consents_of_many(addresses)
                said = {one.address: store.wants_changes_of(one.address) for one in page if one.wants.since is not None}
            for person in page:
                form = normal_address(person.address)
                why = suppressions.get(form)
                yield PersonRecord(
                    subscriber=person,
                    consents=consents.get(form, ()),
                    wants_changes=said.get(person.address, ()),
                    barred=None if why is None else Barred(reason=why.reason, at=why.at, note=why.note),
                )

    def take_records(self, path: Path, *, is_dry_run: bool = False, progress: Progress = lambda _lines: None) -> Taken:
        """Take over the people of such a file, and wake nobody: who had left stays away, with the reason.

        Raises:
            ContentError: The file cannot be read, is none, or is cut off; what stood before that is kept.
        """
        settings = self._resources.settings
        try:
            file = path.open("rb")
        except OSError as error:
            raise ContentError(f"{path} cannot be read: {error.strerror}.", hint="Check the path.") from error
        with file:
            return take_people(
                read_records(file, path.name),
                transaction=lambda: self._resources.people(is_writing=not is_dry_run),
                now=self._resources.clock.now(),
                topics=[topic.id for topic in settings.topics],
                is_dry_run=is_dry_run,
                progress=progress,
            )

    def _exported(self) -> Iterator[Exported]:
        """Give everybody with what else a list can say, page by page."""
        zone = self._resources.settings.publication.zone
        for page in PeopleService(self._resources).pages():
            addresses = [person.address for person in page]
            with self._resources.people() as store:
                suppressions, consents = store.suppressions_of(addresses), store.consents_of_many(addresses)
            for person in page:
                form = normal_address(person.address)
                suppression = suppressions.get(form)
                until = person.wants.paused_until
                given = [one for one in consents.get(form, ()) if one.ground is not None]
                yield Exported(
                    subscriber=person,
                    suppression=None if suppression is None else suppression.reason,
                    consent=replace(given[-1], at=given[-1].at.astimezone(zone)) if given else None,
                    paused_until=None if until is None else until.astimezone(zone).date(),
                )
