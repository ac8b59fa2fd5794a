"""Write the record of processing activities: what settings and database know, and brackets for what they do not.

Source: Regulation (EU) 2016/679, article 30.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from newsletter.domain.audience import Ground
from newsletter.domain.consents import ConsentReport
from newsletter.domain.content import Language
from newsletter.domain.joining import CONFIRM_WITHIN
from newsletter.domain.mailing import Place, Processor
from newsletter.domain.publication import Publication
from newsletter.domain.segments import Segment
from newsletter.language.catalogue import MessageId, translate

_GROUNDS = {
    Ground.CONSENT: MessageId("Consent"),
    Ground.LEGITIMATE_INTEREST: MessageId("Legitimate interest"),
    Ground.PUBLIC_TASK: MessageId("Public task"),
}
_PLACES = {
    Place.EU: MessageId("{name}: in the European Union."),
    Place.USA: MessageId("{name}: in the United States of America. [Safeguards for the transfer]"),
    None: MessageId("{name}: [whose server, and where]"),
}
_ALWAYS_KEPT = (
    MessageId("What they want (topics, how often, pauses) and why they may be written to, each with its history."),
    MessageId("Which issues they were sent, and what became of each mail. Opens and clicks are not followed."),
)
_RETENTION = (
    MessageId("Who asks to join and does not confirm is removed whole after {days} days."),
    MessageId("A reader's record with its consents: until it is erased; leaving bars the address at once."),
    MessageId("Hashes of addresses that must not be mailed: as long as the newsletter is sent."),
    MessageId("What became of each mail, under a hash of the address: [for how long]"),
    MessageId("Backups: [for how long]"),
)
_SAFETY = (
    MessageId(
        "The key lies outside the database; files with addresses are their owner's alone; links are signed;"
        " no log holds an address."
    ),
    MessageId(
        "Leaving: by the link in every mail. Access, correction and erasure: `newsletter subscriber export`,"
        " `edit` and `erase`."
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What the database knows on a day.

    Attributes:
        attributes: The names of the facts that somebody has.
        people: Everybody known, whatever the status.
        suppressions: Addresses that must not be mailed.
        processor: None where the mails stay on this machine.
    """

    day: date
    segments: Sequence[Segment]
    attributes: Sequence[str]
    people: int
    suppressions: int
    report: ConsentReport
    processor: Processor | None


def record_of(publication: Publication, facts: Facts, language: Language) -> str:
    """Write the record in Markdown."""
    name = publication.name_in(language)
    opening = translate(
        language,
        "Made on {day} from the settings and the database; what stands in brackets is for a person to fill in.",
        day=f"{facts.day:%d.%m.%Y}" if language != "en" else f"{facts.day:%Y-%m-%d}",
    )
    parts = [f"# {translate(language, 'Record of processing: {name}', name=name)}", opening]
    sections = {
        MessageId("Controller"): _controller(publication, language),
        MessageId("Purposes"): _purposes(facts, name, language),
        MessageId("Grounds"): _grounds(facts.report, language),
        MessageId("People and what is kept of them"): _people(facts, language),
        MessageId("Processors"): _processors(facts.processor, language),
        MessageId("Where"): _places(facts.processor, language),
        MessageId("For how long"): (translate(language, one, days=CONFIRM_WITHIN.days) for one in _RETENTION),
        MessageId("Safety and rights"): (translate(language, one) for one in _SAFETY),
    }
    for heading, lines in sections.items():
        parts += [f"## {translate(language, heading)}", "\n".join(f"- {line}" for line in lines)]
    return "\n\n".join(parts) + "\n"


def _counted(people: int, language: Language) -> str:
    return translate(language, "{count} person", count=people)


def _controller(publication: Publication, language: Language) -> Iterator[str]:
    sender = publication.sender
    yield f"{sender.organisation}, {sender.postal_address}"
    yield f"{translate(language, 'Contact')}: {sender.reply_to or sender.address}"
    yield translate(language, "[Data protection officer: name and contact]")


def _purposes(facts: Facts, name: str, language: Language) -> Iterator[str]:
    yield translate(language, "To send the newsletter “{name}” by e-mail, and to account for what was sent.", name=name)
    names = ", ".join(segment.names.get(language, segment.id) for segment in facts.segments)
    yield translate(language, "Groups of readers: {names}.", names=names)


def _grounds(report: ConsentReport, language: Language) -> Iterator[str]:
    for group in report.groups:
        yield translate(
            language,
            "{ground}, {people}: “{wording}” (version {version})",
            ground=translate(language, _GROUNDS[group.ground]),
            people=_counted(group.people, language),
            wording=group.wording,
            version=group.version,
        )
    if report.without_ground:
        yield translate(
            language,
            "[Ground not recorded, {people}: `newsletter consent record` records it]",
            people=_counted(report.without_ground, language),
        )


def _people(facts: Facts, language: Language) -> Iterator[str]:
    yield translate(
        language,
        "{people} on the list: address, name, language, and whether they may be written to. Facts: {facts}.",
        people=_counted(facts.people, language),
        facts=", ".join(facts.attributes) or "-",
    )
    yield from (translate(language, one) for one in _ALWAYS_KEPT)
    yield translate(
        language, "Addresses that must not be mailed, as a keyed hash only: {count}.", count=facts.suppressions
    )


def _processors(processor: Processor | None, language: Language) -> Iterator[str]:
    if processor is None:
        yield translate(language, "Mails go into files on this machine; nobody else gets them.")
        return
    yield translate(
        language,
        "Mails are handed to {name}, which gets the address and the name of each reader and the whole mail.",
        name=processor.name,
    )
    yield translate(language, "[Agreement on processing with {name}: date]", name=processor.name)


def _places(processor: Processor | None, language: Language) -> Iterator[str]:
    yield translate(language, "The database and its key: [whose machine, and where]")
    if processor is not None:
        yield translate(language, _PLACES[processor.place], name=processor.name)
