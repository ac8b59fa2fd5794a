"""Joining by a form and the link of a mail: what the public pages ask for."""

from dataclasses import dataclass

from newsletter.audience.addresses import masked
from newsletter.audience.readers.joining import confirm_joining, open_request, remove_unconfirmed, request_joining
from newsletter.audience.readers.wants import wants_after
from newsletter.audience.tokens import TokenPurpose, make_token, read_token
from newsletter.domain.content import Language
from newsletter.domain.joining import Asked, JoiningRequest, Said, Wording
from newsletter.domain.wants import Wants, WantsEdit
from newsletter.service.resources import Resources


@dataclass(frozen=True, slots=True, kw_only=True)
class Requested:
    """What came of asking to join.

    Attributes:
        asked: For the log, never for the page: whoever asks sees the same in any case.
        address: In its stored form; where a mail is to be sent, there.
        token: For the link of that mail; None where none is to be sent.
    """

    asked: Asked
    address: str
    token: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Joiner:
    """Whom a link of a confirmation mail is for, as far as a page may say: mails are forwarded.

    Attributes:
        masked_address: `a…@e….fi`.
        language: In which he or she reads.
        wording: What was agreed to.
        has_joined: It is confirmed.
    """

    masked_address: str
    language: Language
    wording: str
    has_joined: bool


class JoiningService:
    """Both steps of joining."""

    def __init__(self, resources: Resources) -> None:
        self._resources = resources

    def request_joining(
        self, address: str, wording: Wording, *, language: Language, name: str = "", wants: WantsEdit | None = None
    ) -> Requested:
        """Keep that somebody asked for an address to join; nothing counts before it is confirmed.

        Args:
            address: As it was written into the form.
            wording: What stood there to agree to, in which language, on which form.
            language: In which the newsletter is wanted.
            name: As the person writes it.
            wants: Topics, cadence and pause, where the form asks.

        Raises:
            UsageError: The address is none, the name is none, the wording is empty, or there is no such topic.
            StorageError: The database is locked, full or cannot be written; nothing was kept.
        """
        now, topics = self._resources.clock.now(), self._resources.settings.topics
        wanted = None if wants is None else wants_after(wants, Wants(), topics=topics, now=now)
        said = Said(language=language, name=name, wants=wanted)
        with self._resources.people(is_writing=True) as store:
            remove_unconfirmed(store=store, now=now)
            made = request_joining(address, wording, said, store=store, now=now)
        token = None
        if made.key is not None:
            token = make_token(TokenPurpose.CONFIRM, made.key, self._resources.keys.current)
        return Requested(asked=made.asked, address=made.address, token=token)

    def joiner(self, token: str) -> Joiner:
        """Give whom a link is for; nothing is changed.

        Raises:
            UsageError: The link is forged, has expired, or the person left since.
        """
        with self._resources.people() as store:
            return _joiner(open_request(self._key_of(token), store=store, now=self._resources.clock.now()))

    def confirm(self, token: str) -> Joiner:
        """Let the person join who was sent a link; any number of times, there is one consent.

        Raises:
            UsageError: As `joiner`.
            StorageError: The database is locked, full or cannot be written; nobody has joined.
        """
        key, now = self._key_of(token), self._resources.clock.now()
        with self._resources.people(is_writing=True) as store:
            return _joiner(confirm_joining(key, store=store, now=now))

    def remove_unconfirmed(self) -> int:
        """Remove whole whoever did not confirm within seven days; give how many people that were."""
        with self._resources.people(is_writing=True) as store:
            return remove_unconfirmed(store=store, now=self._resources.clock.now())

    def _key_of(self, token: str) -> str:
        return read_token(token, TokenPurpose.CONFIRM, self._resources.keys.keys)


def _joiner(found: JoiningRequest) -> Joiner:
    return Joiner(
        masked_address=masked(found.address),
        language=found.said.language,
        wording=found.wording.text,
        has_joined=found.confirmed_at is not None,
    )
