"""Whose mail is shown: the readers of an edition under opaque names, and two sample people.

An address bar, a history or a log must never hold somebody's address, nor a number that could be counted on. So a
person is named by a keyed hash of the record's number, under a key that this process makes up and forgets. Door:
`Readers`.
"""

import hashlib
import hmac
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field

from newsletter.domain.audience import Subscriber, SubscriberId
from newsletter.domain.issue import EditionKey
from newsletter.errors import NewsletterError
from newsletter.service.audience.people import PeopleService
from newsletter.service.audience.service import AudienceService
from newsletter.web.messages.choices import NAMELESS_READER, SAMPLE_READER

PAGE_SIZE = 50
_NAME_LENGTH = 20

_SAMPLE_NAMES = {"fi": "Aino Esimerkki", "sv": "Astrid Exempel", "en": "Alex Sample"}
SAMPLE_ADDRESS = "reader@example.com"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """Somebody whose mail is shown.

    Attributes:
        id: The opaque name.
    """

    id: str
    name: str
    address: str


def sample_reader(language: str) -> Reader:
    """Give somebody who reads a language and does not exist."""
    return Reader(id=SAMPLE_READER, name=_SAMPLE_NAMES.get(language, _SAMPLE_NAMES["en"]), address=SAMPLE_ADDRESS)


@dataclass(kw_only=True)
class Readers:
    """The people whose mail can be shown."""

    audience: Callable[[], AudienceService]
    people: Callable[[], PeopleService]
    _key: bytes = field(default_factory=lambda: secrets.token_bytes(32))
    _known: dict[str, Subscriber] = field(default_factory=dict)

    def samples(self, language: str) -> tuple[Reader, Reader]:
        """Give a person with a name and one without, for whoever has no subscribers yet."""
        return sample_reader(language), Reader(id=NAMELESS_READER, name="", address=SAMPLE_ADDRESS)

    def find(self, reader_id: str, language: str) -> Reader | None:
        """Give the person with an opaque name; None when it is of another run, or made up."""
        for sample in self.samples(language):
            if sample.id == reader_id:
                return sample
        known = self._known.get(reader_id)
        return None if known is None else Reader(id=reader_id, name=known.name, address=known.address)

    def page(self, edition: EditionKey, *, after: str | None = None) -> tuple[Reader, ...]:
        """Give the next readers of an edition; none where the database cannot be asked."""
        last = self._known.get(after or "")
        try:
            people = self.audience().readers(edition, after=None if last is None else last.id, limit=PAGE_SIZE)
        except NewsletterError:
            return ()
        return tuple(self._named(person) for person in people)

    def search(self, edition: EditionKey, words: str) -> tuple[Reader, ...]:
        """Give the reader with an address, or those of the first page whose name or address holds the words."""
        wanted = words.strip().casefold()
        if "@" in wanted:
            try:
                person = self.people().person(wanted)
            except NewsletterError:
                return ()
            return (self._named(person.subscriber),) if person.segments == edition.segments else ()
        return tuple(
            one for one in self.page(edition) if wanted in one.name.casefold() or wanted in one.address.casefold()
        )

    def _named(self, person: Subscriber) -> Reader:
        """Give a person the opaque name of this run."""
        assert person.id is not None, "readers come from the database"
        opaque = self._opaque(person.id)
        self._known[opaque] = person
        return Reader(id=opaque, name=person.name, address=person.address)

    def _opaque(self, number: SubscriberId) -> str:
        return hmac.new(self._key, str(number).encode(), hashlib.sha256).hexdigest()[:_NAME_LENGTH]
