"""Find people by how a word of their name or address begins: one method, whatever the database has for it."""

import re
from collections.abc import Iterator, Sequence

from sqlalchemy import ColumnElement, Connection, or_

from newsletter.domain.audience import Subscriber
from newsletter.storage.search_index import find_in_index, has_index
from newsletter.storage.tables import subscriber

_TOKEN = re.compile(r"[^\W_]+")
_BEGINS_AFTER = (" ", "-", "@", ".", "_", "+", "'")


def begins_words(words: str) -> list[ColumnElement[bool]]:
    """Give the conditions that each word begins one of the name or the address; only ASCII letters are cased alike."""
    return [_begins_a_word(word) for word in words.split()]


def candidates(connection: Connection, words: str, *, after: int) -> Iterator[Sequence[int]] | None:
    """Give the ids of those whom the index knows by such words, in order; None where the database has no index.

    Of a word with signs in it, such as `aino.salmela`, the index knows the parts and not that they stand together: what
    it gives is still to be held against `has_words`.
    """
    return find_in_index(connection, _query(words), after=after) if has_index(connection) else None


def has_words(person: Subscriber, words: str) -> bool:
    """Tell whether each word with a sign in it begins a word of the name or the address, whichever way it is cased."""
    texts = (person.name.casefold(), person.address.casefold())
    signed = (word.casefold() for word in words.split() if not _TOKEN.fullmatch(word))
    return all(any(_begins(word, text) for text in texts) for word in signed)


def _begins(word: str, text: str) -> bool:
    return text.startswith(word) or any(f"{sign}{word}" in text for sign in _BEGINS_AFTER)


def _query(words: str) -> str:
    """Write words as FTS5 asks for them: the last part of each may go on."""
    parts = []
    for word in words.split():
        *whole, last = _TOKEN.findall(word) or [""]
        parts += [f'"{part}"' for part in whole]
        parts.append(f'"{last}"*' if last else '""')
    return " AND ".join(parts)


def _begins_a_word(word: str) -> ColumnElement[bool]:
    return or_(
        *(
            condition
            for column in (subscriber.c.name, subscriber.c.address)
            for condition in (
                column.istartswith(word, autoescape=True),
                *(column.icontains(f"{sign}{word}", autoescape=True) for sign in _BEGINS_AFTER),
            )
        )
    )
