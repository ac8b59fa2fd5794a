"""Each screen put together: what its template lays out.

Door: `issue_screen`, `outbox_screen`, `reader_list`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from urllib.parse import quote

from newsletter.domain.issue import EditionKey, Message
from newsletter.language.catalogue import translate
from newsletter.web.messages.choices import Choices, View
from newsletter.web.messages.frame import has_remote_content
from newsletter.web.messages.mail import Mail, OutboxMessage, read_mail
from newsletter.web.messages.readers import Reader
from newsletter.web.preview.issue_view import IssueView, Sheet
from newsletter.web.preview.pages import (
    LANGUAGES,
    Option,
    Pages,
    address_of,
    excluded_words,
    image_options,
    moment_words,
    pictures_of,
    reader_words,
    scheme_options,
    size_of,
    state_words,
    view_options,
    width_options,
    words_of_view,
)
from newsletter.web.preview.studio import Studio

MESSAGES_ON_A_PAGE = 50
OUTBOX = "/outbox"
OUTBOX_VIEWS = (View.PICTURE, View.TEXT, View.SOURCE, View.HEADERS, View.RAW)


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """Who looks, and at what."""

    language: str
    choices: Choices
    address: str


def issue_screen(studio: Studio, pages: Pages, view: IssueView, visit: Visit) -> str:
    """Show an issue: every edition side by side, or one of them."""
    sheet, language, base = view.sheet, visit.language, issue_address(view.label)
    pairs = sheet.editions
    choices = visit.choices if visit.choices.edition in pairs else visit.choices.at(None)

    def mail_of(message: Message) -> Mail:
        return read_mail(wire_for(studio, message, choices.reader))

    editions = [pages.edition(pair, sheet, choices, mail_of, base=base, language=language) for pair in pairs.values()]
    context = {
        **_frame(studio, visit, revision=f"{studio.run_id}-{sheet.revision}", changes=f"{base}/changes"),
        "label": view.label,
        "state": state_words(sheet.state, language),
        "editions": editions,
        "shown": [one for one in editions if choices.edition in (None, one.name)],
        "choices": choices,
        "all_address": address_of(base, choices.at(None)),
        "views": view_options(base, choices, language),
        "widths": width_options(base, choices),
        "schemes": scheme_options(base, choices, language),
        "images": image_options(base, choices, language),
        "readers": _readers(studio, sheet, choices, language),
        "reader_search": f"{base}/editions/{quote(choices.edition)}/readers" if choices.edition else "",
        "trouble": sheet.trouble,
        "empty": () if sheet.rendering is None else sheet.rendering.empty,
        "common": pages.findings(sheet.common_findings, language),
        "audience_trouble": sheet.audience_trouble,
        "nobody": _in_no_edition(sheet, language),
    }
    return pages.render("issue.html.j2", language, context)


def outbox_screen(
    studio: Studio, pages: Pages, visit: Visit, *, number: int = 1, opened: tuple[str, str] | None = None
) -> str | None:
    """Show the rehearsed mails, the newest first, and one of them opened; None when there is no such mail.

    `number` is that of the list's page, from 1; `opened` is folder and key of the mail to read.
    """
    messages, total = studio.mailbox.page(start=(number - 1) * MESSAGES_ON_A_PAGE, count=MESSAGES_ON_A_PAGE)
    mail = None if opened is None else studio.mailbox.read(*opened)
    if opened is not None and mail is None:
        return None
    language = visit.language
    page_query = f"?page={number}" if number > 1 else ""
    revision = f"{studio.run_id}-{total}-{messages[0].key if messages else ''}"
    context = {
        **_frame(studio, visit, revision=revision, changes=f"{OUTBOX}/changes"),
        "messages": [_listed(studio, one, opened, language, page_query) for one in messages],
        "total": total,
        "number": number,
        "pages": -(-total // MESSAGES_ON_A_PAGE),
        "mail": None,
        "folder": studio.newsletter.settings.outbox_path.name,
    }
    if mail is not None and opened is not None:
        context |= _opened(mail, opened, visit, number)
    return pages.render("outbox.html.j2", language, context)


def start_screen(studio: Studio, pages: Pages, visit: Visit) -> str:
    """Say what to type when there is no issue yet."""
    return pages.render("start.html.j2", visit.language, _frame(studio, visit, revision=studio.run_id, changes=""))


def problem_screen(studio: Studio, pages: Pages, visit: Visit, *, title: str, message: str, hint: str = "") -> str:
    """Say what went wrong with a request, and nothing of the inside."""
    context = {**_frame(studio, visit, revision=studio.run_id, changes=""), "title": title, "message": message}
    return pages.render("problem.html.j2", visit.language, {**context, "hint": hint})


def reader_list(readers: Sequence[Reader], base: str, choices: Choices, language: str) -> list[dict[str, str]]:
    """Give readers as the page's own script lists them."""
    return [
        {
            "id": one.id,
            "name": reader_words(one, language),
            "address": address_of(base, replace(choices, reader=one.id)),
        }
        for one in readers
    ]


def issue_address(label: str) -> str:
    """Give the address of an issue."""
    return f"/issues/{quote(label)}"


def wire_for(studio: Studio, message: Message, reader_id: str) -> bytes:
    """Give the mail that one reader would get; a reader of another run is shown as the sample."""
    language = message.edition.language
    reader = studio.readers.find(reader_id, language) or studio.readers.samples(language)[0]
    return studio.newsletter.deliveries.specimen(message, address=reader.address, name=reader.name)


def _frame(studio: Studio, visit: Visit, *, revision: str, changes: str) -> dict[str, object]:
    """Give what stands around every screen."""
    publication = studio.newsletter.settings.publication
    names = publication.names
    return {
        "is_trial": publication.is_trial,
        "publication": next((names[one] for one in publication.languages if one in names), publication.id),
        "labels": [(str(label), issue_address(label)) for label in studio.labels()],
        "outbox": OUTBOX,
        "here": visit.address,
        "revision": revision,
        "changes": changes,
        "tongues": [
            Option(
                id=f"language-{code}",
                name=name,
                address=_with_language(visit.address, code),
                is_chosen=code == visit.language,
            )
            for code, name in LANGUAGES
        ],
    }


def _with_language(address: str, code: str) -> str:
    path, _, query = address.partition("?")
    kept = [part for part in query.split("&") if part and not part.startswith("language=")]
    return f"{path}?{'&'.join([*kept, f'language={code}'])}"


def _readers(studio: Studio, sheet: Sheet, choices: Choices, language: str) -> list[tuple[str, str, bool]]:
    """Give id, words and whether chosen of the people whose mail can be shown now."""
    if choices.edition is None:
        people: list[Reader] = list(studio.readers.samples(language))
    else:
        edition = sheet.editions[choices.edition][0].key
        people = [*studio.readers.samples(edition.language), *studio.readers.page(edition)]
        chosen = studio.readers.find(choices.reader, edition.language)
        if chosen is not None and chosen not in people:
            people.append(chosen)
    is_known = any(one.id == choices.reader for one in people)
    return [
        (one.id, reader_words(one, language), one.id == choices.reader or (not is_known and position == 0))
        for position, one in enumerate(people)
    ]


def _in_no_edition(sheet: Sheet, language: str) -> tuple[str, ...]:
    """Say who gets no edition: people in no segment, or for whom there is no item."""
    if sheet.audiences is None or sheet.rendering is None:
        return ()
    made = {edition.key for edition, _ in sheet.rendering.editions}
    words: list[str] = []
    for key, audience in sheet.audiences.items():
        if key in made:
            continue
        if key.segments and audience.readers:
            words.append(_without_edition(key, audience.readers, language))
        words += excluded_words(audience, language)
    return tuple(words)


def _without_edition(key: EditionKey, count: int, language: str) -> str:
    """Say that an edition is not made although it would have readers."""
    return translate(language, "{count} for {edition}, which has no items", count=count, edition=str(key))


def _listed(
    studio: Studio, message: OutboxMessage, opened: tuple[str, str] | None, language: str, page_query: str
) -> dict[str, object]:
    zone = studio.newsletter.settings.publication.zone
    return {
        "id": f"mail-{message.key}",
        "to": message.to,
        "subject": message.subject,
        "folder": message.folder,
        "at": moment_words(message.at.astimezone(zone), language),
        "address": f"{OUTBOX}/{message.folder}/{message.key}{page_query}",
        "is_open": opened == (message.folder, message.key),
    }


def _opened(mail: Mail, opened: tuple[str, str], visit: Visit, number: int) -> dict[str, object]:
    base, choices, language = f"{OUTBOX}/{opened[0]}/{opened[1]}", visit.choices, visit.language
    html = mail.html or ""

    def paged(options: list[Option]) -> list[Option]:
        return options if number == 1 else [_on_page(option, number) for option in options]

    return {
        "mail": mail,
        "choices": choices,
        "size": size_of(html, language),
        "views": paged(view_options(base, choices, language, views=OUTBOX_VIEWS)),
        "widths": paged(width_options(base, choices)),
        "schemes": paged(scheme_options(base, choices, language)),
        "images": paged(image_options(base, choices, language)),
        "pictures": pictures_of(choices, f"{base}/frame", version=opened[1][:12]),
        "words": words_of_view(choices.view, mail, ""),
        "has_remote": has_remote_content(html),
    }


def _on_page(option: Option, number: int) -> Option:
    separator = "&" if "?" in option.address else "?"
    return replace(option, address=f"{option.address}{separator}page={number}")
