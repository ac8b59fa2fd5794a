"""SQL for what people have: attributes, tags, languages, domains. Nobody is named, only whether there is anybody.

In words that both databases take, and without SQLAlchemy, so that `issue check` need not load it.
"""

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

from newsletter.domain.audience import comparable
from newsletter.domain.rules import (
    MUNICIPALITY,
    AttributeIn,
    AttributeNumber,
    AttributeStarts,
    HasAttribute,
    HasTag,
    InMunicipality,
    LanguageIn,
    MailDomainIn,
    OfAttribute,
    Rule,
    number_in,
)
from newsletter.errors import StorageError

Row = Sequence[object]
Run = Callable[[str, Mapping[str, object]], Iterable[Row]]
"""Runs a statement with named values and gives its rows."""


class Facts:
    """What people have, within one transaction.

    Args:
        run: Runs a statement in it.
    """

    def __init__(self, run: Run) -> None:
        self._run = run

    def has_people(self) -> bool:
        """Tell whether anybody is known at all."""
        return self._is_any("SELECT 1 FROM subscriber LIMIT 1")

    def is_anybody(self, rule: Rule) -> bool:
        """Tell whether somebody has the fact that a rule asks for; of a rule that asks for none it is not told."""
        match rule:
            case HasTag(tag=tag):
                return self._is_any("SELECT 1 FROM subscriber_tag WHERE form = :form LIMIT 1", form=comparable(tag))
            case LanguageIn(languages=languages):
                wanted = "SELECT 1 FROM subscriber WHERE language = :language LIMIT 1"
                return any(self._is_any(wanted, language=language) for language in languages)
            case MailDomainIn(domains=domains):
                there = "SELECT 1 FROM subscriber WHERE lower(address) LIKE :ending LIMIT 1"
                return any(self._is_any(there, ending=f"%@{domain}") for domain in domains)
            case AttributeIn() | InMunicipality() | HasAttribute() | AttributeStarts() | AttributeNumber():
                return self._is_said(rule)
            case _:
                return True

    def attribute_names(self) -> tuple[str, ...]:
        """Give every attribute that somebody has, sorted."""
        return tuple(sorted(str(name) for (name,) in self._run("SELECT DISTINCT name FROM subscriber_attribute", {})))

    def values(self, name: str, *, limit: int) -> tuple[str, ...]:
        """Give the most frequent values of an attribute, each as somebody wrote it."""
        rows = self._run(
            "SELECT min(value) FROM subscriber_attribute WHERE name = :name"
            " GROUP BY form ORDER BY count(*) DESC, form LIMIT :most",
            {"name": name, "most": limit},
        )
        return tuple(str(value) for (value,) in rows)

    def tags(self, *, limit: int) -> tuple[str, ...]:
        """Give the most frequent tags, each as somebody wrote it."""
        rows = self._run(
            "SELECT min(tag) FROM subscriber_tag GROUP BY form ORDER BY count(*) DESC, form LIMIT :most",
            {"most": limit},
        )
        return tuple(str(tag) for (tag,) in rows)

    def _is_said(self, rule: OfAttribute) -> bool:
        """Tell whether somebody's attribute says what a rule asks for."""
        said = "SELECT 1 FROM subscriber_attribute WHERE name = :name AND "
        match rule:
            case AttributeIn(values=wanted) | InMunicipality(names=wanted):
                name = rule.name if isinstance(rule, AttributeIn) else MUNICIPALITY
                one = said + "form = :form LIMIT 1"
                return any(self._is_any(one, name=comparable(name), form=comparable(value)) for value in wanted)
            case HasAttribute(name=name):
                return self._is_any(said + "form > '' LIMIT 1", name=comparable(name))
            case AttributeStarts(name=name, prefix=prefix):
                begins, start = said + "substr(form, 1, :length) = :start LIMIT 1", comparable(prefix)
                return self._is_any(begins, name=comparable(name), start=start, length=len(start))
            case AttributeNumber(name=name, comparison=comparison, number=asked):
                forms = self._run(
                    "SELECT DISTINCT form FROM subscriber_attribute WHERE name = :name", {"name": comparable(name)}
                )
                numbers = (number_in(str(form)) for (form,) in forms)
                return any(number is not None and comparison.holds(number, asked) for number in numbers)

    def _is_any(self, statement: str, **values: object) -> bool:
        return any(True for _ in self._run(statement, values))


@contextmanager
def read_facts(path: Path) -> Iterator[Facts]:
    """Give the facts in a SQLite file, as it is now.

    Raises:
        sqlite3.Error: There is no such file, it is another schema's, or a writer holds it.
    """
    with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True, timeout=1)) as connection:
        yield Facts(connection.execute)


def unreadable(cause: sqlite3.Error) -> StorageError:
    """Say why facts could not be read."""
    from newsletter.storage.faults import damaged, is_damage  # noqa: PLC0415 - it loads what this module does without

    if is_damage(cause):
        return damaged("The database")
    return StorageError("The database cannot be read.", hint="newsletter db status")
