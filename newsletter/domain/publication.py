"""The publication: who sends, in which languages, what an issue is made of. `config` makes it, all rooms read it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from zoneinfo import ZoneInfo

from newsletter.domain.content import Language, SectionId, TopicId


@dataclass(frozen=True, slots=True, kw_only=True)
class Sender:
    """Who stands in From and in the footer.

    Attributes:
        reply_to: Where replies go; None means the From address.
        organisation: In the footer, as the sender of record.
        postal_address: On one line, in the footer (required by law and by providers).
    """

    name: str
    address: str
    reply_to: str | None = None
    organisation: str
    postal_address: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Editor:
    """Whose letter it is, under the greeting.

    Attributes:
        picture: A face, as a path from the publication's folder, or None.
    """

    name: str
    titles: Mapping[Language, str] = field(default_factory=dict)
    picture: str | None = None

    def title_in(self, language: Language) -> str:
        """Give the title in a language, or empty."""
        return self.titles.get(language, "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Links:
    """Addresses that stand in every mail.

    Attributes:
        site: The publication's own page (https).
        own_hosts: Hosts whose links must be https; the site's host is always one of them.
        unsubscribe_address: Mailbox that takes unsubscribe mails: the only way out until public pages exist.
        public_url: https base of the public pages (one-click unsubscribe, preferences), or None.
        privacy: Address of the privacy statement, or None.
        feedback: Address (https or mailto) for accessibility and other feedback, or None.
    """

    site: str
    own_hosts: tuple[str, ...] = ()
    unsubscribe_address: str
    public_url: str | None = None
    privacy: str | None = None
    feedback: str | None = None


class SectionKind(StrEnum):
    """What a section holds."""

    ARTICLES = "articles"
    EVENTS = "events"


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A headed part of an issue; sections stand in the order of the configuration.

    Attributes:
        topics: Takes only items with one of these topics; empty takes all. The first fitting section gets an item.
    """

    id: SectionId
    kind: SectionKind
    titles: Mapping[Language, str]
    topics: tuple[TopicId, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """Words that stand at the end of every issue, such as whom to send news to; an issue may leave them out.

    Attributes:
        texts: Markdown.
    """

    id: str
    titles: Mapping[Language, str]
    texts: Mapping[Language, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Publication:
    """What is the same for every issue.

    Attributes:
        id: Short ASCII name, used in List-Id and Message-ID.
        languages: Editions are made in these; the first is the fallback for readers of any other.
        zone: Decides which month a moment belongs to.
        event_days: How many days ahead an event is "coming".
        late_days: How old an article may be that comes too late for its own issue and is picked for the next.
        events_once: An event is told once, as an article is, and not in each issue until it is past.
        is_trial: Everything is as in a real publication, only that our own SendGrid takes the mails: nobody is mailed.
    """

    id: str
    names: Mapping[Language, str]
    taglines: Mapping[Language, str] = field(default_factory=dict)
    languages: tuple[Language, ...]
    zone: ZoneInfo
    event_days: int = 60
    late_days: int = 45
    events_once: bool = False
    is_trial: bool = False
    sender: Sender
    links: Links
    editor: Editor | None = None
    sections: tuple[Section, ...]
    blocks: tuple[Block, ...] = ()

    def nearest_language(self, wanted: Language) -> Language:
        """Give the language of the edition a reader gets: the wanted one, or the first of the publication."""
        return wanted if wanted in self.languages else self.languages[0]

    def name_in(self, language: Language) -> str:
        """Give the title in a language, or any that there is."""
        return self.names.get(language) or next(iter(self.names.values()))

    @property
    def list_domain(self) -> str:
        """Give the domain after the @ of the sender, for List-Id and Message-ID."""
        return self.sender.address.rpartition("@")[2]
