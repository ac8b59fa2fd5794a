"""Account for why people are written to: the verb `consent report`, and the record of processing."""

from pathlib import Path

from newsletter.domain.consents import ConsentReport
from newsletter.domain.content import Language
from newsletter.errors import UsageError
from newsletter.files import write_new_csv, write_whole
from newsletter.service.audience.record import Facts, record_of
from newsletter.service.resources import Resources

_COLUMNS = ("ground", "wording", "version", "language", "people", "oldest", "newest", "older than two years")
_MORE = ("recorder not noted", "confirmed by mail")


class ConsentService:
    """The verbs of `consent` that change nothing."""

    def __init__(self, resources: Resources) -> None:
        self._resources = resources

    def report(self) -> ConsentReport:
        """Count the active people by ground and wording, and those of whom something is missing."""
        with self._resources.people() as store:
            return store.consent_report(self._resources.clock.now())

    def write_report(self, path: Path) -> ConsentReport:
        """Write the same to a new CSV file, and give it.

        Raises:
            UsageError: Something is there already, or the folder is missing.
        """
        report, zone = self.report(), self._resources.settings.publication.zone
        rows = [
            [
                *(group.ground, group.wording, str(group.version), group.language or "", str(group.people)),
                *(f"{moment.astimezone(zone):%Y-%m-%d}" for moment in (group.oldest, group.newest)),
                *map(str, (group.old, group.unsigned, group.confirmed)),
            ]
            for group in report.groups
        ]
        if report.without_ground:
            rows.append(["not recorded", "", "", "", str(report.without_ground), *[""] * 5])
        write_new_csv(path, [*_COLUMNS, *_MORE], rows)
        return report

    def write_record(self, path: Path, *, language: Language | None = None) -> int:
        """Write the record of processing activities (GDPR, article 30), in Markdown; give what a person has to fill in.

        Args:
            path: A new file.
            language: Finnish, Swedish or English; the publication's first by default.

        Raises:
            UsageError: Something is there already.
        """
        settings, now = self._resources.settings, self._resources.clock.now()
        own = settings.mailer.own
        with self._resources.people() as store:
            facts = Facts(
                day=now.astimezone(settings.publication.zone).date(),
                segments=self._resources.segments,
                attributes=store.attribute_names(),
                people=store.count(),
                suppressions=sum(store.suppression_counts().values()),
                report=store.consent_report(now),
                processor=None if own is None else own.processor,
            )
        written = record_of(settings.publication, facts, language or settings.publication.languages[0])
        try:
            write_whole(path, written, is_new=True)
        except FileExistsError as error:
            raise UsageError(
                f"There is something at {path} already; it is kept.", hint="Choose another name."
            ) from error
        return written.count("[")
