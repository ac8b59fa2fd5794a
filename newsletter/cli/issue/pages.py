"""What `newsletter issue show` and `issue check` print: editions, items in every language, findings."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from newsletter.cli.session import Session, print_json, print_table
from newsletter.config.terminal import terminal_language
from newsletter.domain.content import Language
from newsletter.domain.segments import named
from newsletter.errors import counted

if TYPE_CHECKING:
    from newsletter.domain.issue import EditionKey, Finding
    from newsletter.domain.pick import LeftOutItem
    from newsletter.service.issues.listing import IssueListing, ListedItem
    from newsletter.service.issues.service import EventNews, Rendering
    from newsletter.service.issues.shelf import IssueSummary


HOURS_SHOWN_MAX = 48


def print_editions(rendering: "Rendering", summary: "IssueSummary", listing: "IssueListing") -> None:
    """Print each edition with its items in order, by number, how much of each is shown, and what was left out."""
    listed = {item.key: item for item in listing.items}
    click.echo(f"Issue {summary.label}: {summary.state}, planned for {rendering.issue.date}")
    for edition, message in rendering.editions:
        size = f"{len(message.html.encode()) / 1000:.1f} kB of HTML"
        click.echo(f"\n{_called(message.edition, rendering)}  {counted(len(message.items), 'item')}, {size}")
        click.echo(f"  subject  {message.subject}")
        if message.shortened:
            click.echo(
                f"  {counted(len(message.shortened), 'item is a short entry', 'items are short entries')}, "
                "so that mail programs show the whole letter"
            )
        for section in edition.sections:
            click.echo(f"  {section.title}")
            for item in section.items:
                one = listed[item.key]
                dates = f", {len(item.repeats) + 1} dates" if item.repeats else ""
                form = "short" if item.key in message.shortened else item.form
                click.echo(f"  {one.number:>4}  {titled(one, item.title)}  [{item.key}]  {form}{dates}")
    for name in rendering.empty:
        click.echo(f"\n{_called(name, rendering)}  no items: this edition is not made")
    if nobodys := [item for item in listing.items if not item.segments]:
        click.echo("\nIn no list: nobody gets these")
        for one in nobodys:
            click.echo(f"  {one.number:>4}  {titled(one, one.title)}  [{one.key}]")
    print_left_out(listing.left_out)


def titled(item: "ListedItem", title: str) -> str:
    """Write a title and of an event its day, which tells it from others of its title."""
    from newsletter.language.formats import NO_BREAK_SPACE, day

    if item.day is None:
        return title
    return f"{title}, {day(item.day, Language(terminal_language())).replace(NO_BREAK_SPACE, ' ')}"


def _called(edition: "EditionKey", rendering: "Rendering") -> str:
    """Write an edition as files and options call it, and its segments as people know them."""
    return f"{edition} ({named(edition.segments, rendering.segments, terminal_language())})"


def print_left_out(left_out: "Sequence[LeftOutItem]") -> None:
    """Print what was left out when the issue was made, by number."""
    if left_out:
        click.echo("\nLeft out when the issue was made; why stands at the end of issue.toml")
        for item in left_out:
            click.echo(f"{f'+{item.number}':>6}  {f'{item.mark}: ' if item.mark else ''}{item.title}  [{item.key}]")


def print_editions_as_json(rendering: "Rendering", summary: "IssueSummary", listing: "IssueListing") -> None:
    """Print the same for programs."""
    editions = [
        {
            "edition": str(message.edition),
            "subject": message.subject,
            "items": message.items,
            "forms": {item.key: item.form for section in edition.sections for item in section.items},
            "shortened": message.shortened,
        }
        for edition, message in rendering.editions
    ]
    numbers = {str(item.number): item.key for item in listing.items}
    left_out = [{**asdict(item), "number": f"+{item.number}"} for item in listing.left_out]
    print_json({**asdict(summary), "editions": editions, "numbers": numbers, "left_out": left_out})


def print_parity(session: Session, label: str, *, as_json: bool) -> None:
    """Print each item with what it has in every language of the publication."""
    rows, languages = session.newsletter.issues.parity(label), session.newsletter.settings.publication.languages
    if as_json:
        print_json([{**asdict(row), "is_whole": row.is_whole} for row in rows])
        return
    print_table(
        ["ITEM", *(language.upper() for language in languages), "TITLE"],
        [(row.key, *(row.wordings[language] for language in languages), row.title) for row in rows],
        wraps=["TITLE"],
    )
    lacking = sum(not row.is_whole for row in rows)
    session.say(
        f"Without words in some language: {lacking} of {counted(len(rows), 'item')}. "
        "Write a table such as [item.KEY.sv] for them."
        if lacking
        else "Every item has words in every language."
    )


def print_findings(
    session: Session, findings: "Sequence[Finding]", editions: "Sequence[EditionKey]", language: str
) -> None:
    """Print what each finding means and what to do about it, the gravest first, and count them.

    `editions` are all that were looked at, so that what is found everywhere can be said so.
    """
    from newsletter.domain.issue import group

    together = group(findings)
    for finding, found_in in together:
        words = session.newsletter.issues.words_of(finding, language)
        where = ": ".join(
            part for part in (session.shown_place(finding.place), _named(found_in, editions, language)) if part
        )
        waived = f" (waived: {finding.waived})" if finding.waived else ""
        click.echo(f"{finding.severity} {finding.code}{waived}  {where}\n  {words.message}\n  {words.fix}")
    _print_counts([finding for finding, _ in together], language)


def say_looks(session: Session, news: "EventNews") -> None:
    """Say how old the last look at each event's source is."""
    if news.known is None:
        return
    for look in news.known.looks:
        if look.looked_at is not None:
            hours = max(0, int((news.known.now - look.looked_at).total_seconds() // 3600))
            age = counted(hours, "hour") if hours < HOURS_SHOWN_MAX else counted(hours // 24, "day")
            session.say(f"The events of {look.source_id} are as they were {age if hours else 'less than an hour'} ago.")


def print_findings_as_json(findings: "Iterable[Finding]") -> None:
    """Print every finding, once for each edition."""
    print_json([{**asdict(one), "place": str(one.place) if one.place else None} for one in findings])


def _named(found_in: "Sequence[EditionKey]", editions: "Sequence[EditionKey]", language: str) -> str:
    """Name editions as briefly as they can be: all, all of some languages, or one by one."""
    from newsletter.language.catalogue import translate

    if len(editions) > 1 and set(found_in) == set(editions):
        return translate(language, "all editions")
    languages = list(dict.fromkeys(key.language for key in found_in))
    whole = [key for key in editions if key.language in languages]
    if len(found_in) > len(languages) and set(found_in) == set(whole):
        return translate(language, "all editions in {languages}", languages=", ".join(languages))
    return ", ".join(map(str, found_in))


def _print_counts(findings: "Sequence[Finding]", language: str) -> None:
    """Count the findings by severity on one line."""
    from newsletter.language.catalogue import translate

    severities = Counter(str(finding.severity) for finding in findings)
    tally = (
        translate(language, "{count} error", count=severities["error"]),
        translate(language, "{count} warning", count=severities["warning"]),
        translate(language, "{count} note", count=severities["note"]),
    )
    click.echo(f"{', '.join(tally)}.")
