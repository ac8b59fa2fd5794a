"""Read one rule of segments.toml."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from newsletter.domain.content import Language
from newsletter.domain.segments import (
    AllOf,
    AnyOf,
    AttributeIn,
    HasTag,
    LanguageIn,
    Not,
    Rule,
)
from newsletter.errors import Fault
from newsletter.toml_file import KeyPath, TomlFile, did_you_mean

EVERYBODY = AllOf(rules=())
"""Stands in for a rule that could not be read, so that reading goes on to the next fault."""

_RULE_DEPTH_MAX = 20
_RULE_KEYS = ("all", "any", "not", "attribute", "language", "tag")
_ATTRIBUTE_TESTS = ("equals", "in")


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleReader:
    """Reads rules of one file.

    Attributes:
        file: The parsed file.
        languages: A rule may ask for these.
        faults: Grows with what is wrong.
    """

    file: TomlFile
    languages: Sequence[Language]
    faults: list[Fault] = field(default_factory=list)

    def read(self, path: KeyPath, table: object, *, depth: int = 1) -> Rule:
        """Give the rule in a table; what is wrong with it goes to `faults`."""
        if depth > _RULE_DEPTH_MAX:
            return self._fail(path, f"A rule may be {_RULE_DEPTH_MAX} rules deep.", hint="Write it flatter.")
        if not isinstance(table, Mapping):
            return self._fail(path, "A rule is a table.", hint='For example { attribute = "role", equals = "x" }.')
        is_known = self._refuse_unknown(path, table)
        kinds = [key for key in _RULE_KEYS if key in table]
        if not kinds and not is_known:
            # A misspelt key is one mistake and gets one fault.
            return EVERYBODY
        if len(kinds) != 1:
            return self._fail(path, f"A rule has exactly one of {', '.join(_RULE_KEYS)}.", hint=_how_many_hint(kinds))
        if kinds[0] == "attribute":
            return self._attribute(path, table)
        if stray := [key for key in _ATTRIBUTE_TESTS if key in table]:
            self._fail((*path, stray[0]), f"{stray[0]!r} belongs beside `attribute` only.")
        return self._simple(kinds[0], (*path, kinds[0]), table[kinds[0]], depth)

    def _refuse_unknown(self, path: KeyPath, table: Mapping[str, object]) -> bool:
        """Add a fault for every key that a rule does not have; True when there is none."""
        known = (*_RULE_KEYS, *_ATTRIBUTE_TESTS)
        unknown = [key for key in table if key not in known]
        for key in unknown:
            self._fail((*path, key), f"A rule has no key {key!r}.", hint=did_you_mean(key, known))
        return not unknown

    def _simple(self, kind: str, path: KeyPath, value: object, depth: int) -> Rule:
        """Read a rule whose table has one key."""
        match kind:
            case "all":
                return AllOf(rules=self._rules(path, value, depth))
            case "any":
                return AnyOf(rules=self._rules(path, value, depth))
            case "not":
                return Not(rule=self.read(path, value, depth=depth + 1))
            case "tag":
                return HasTag(tag=self._word(path, value))
            case _:
                return self._language(path, value)

    def _rules(self, path: KeyPath, value: object, depth: int) -> tuple[Rule, ...]:
        """Read the array after `all` or `any`."""
        if not isinstance(value, list):
            self._fail(
                path, f"{path[-1]!r} takes an array of rules.", hint=f"Write {path[-1]} = [ {{ ... }}, {{ ... }} ]."
            )
            return ()
        if path[-1] == "any" and not value:
            self._fail(path, "`any` of no rules chooses nobody.", hint="Name at least one rule.")
        return tuple(self.read((*path, number), rule, depth=depth + 1) for number, rule in enumerate(value))

    def _attribute(self, path: KeyPath, table: Mapping[str, object]) -> Rule:
        """Read `attribute` with `equals` or `in`."""
        name = self._word((*path, "attribute"), table["attribute"])
        tests = [key for key in _ATTRIBUTE_TESTS if key in table]
        if len(tests) != 1:
            return self._fail(path, "`attribute` needs one of `equals` and `in` beside it.")
        if tests[0] == "equals":
            return AttributeIn(name=name, values=(self._word((*path, "equals"), table["equals"]),))
        return AttributeIn(name=name, values=self._words((*path, "in"), table["in"]))

    def _language(self, path: KeyPath, value: object) -> Rule:
        """Read a language or an array of them."""
        words = (self._word(path, value),) if isinstance(value, str) else self._words(path, value)
        for word in words:
            if word and word not in self.languages:
                self._fail(path, f"There is no language {word!r}.", hint=did_you_mean(word, self.languages))
        return LanguageIn(languages=tuple(Language(word) for word in words))

    def _words(self, path: KeyPath, value: object) -> tuple[str, ...]:
        """Read an array of at least one text."""
        if not isinstance(value, list) or not value:
            self._fail(path, "Here stands an array of at least one text.", hint=f'Write {path[-1]} = ["x", "y"].')
            return ()
        return tuple(self._word((*path, number), word) for number, word in enumerate(value))

    def _word(self, path: KeyPath, value: object) -> str:
        """Read a text that is not empty; space around it would be a slip."""
        if isinstance(value, str) and value.strip() and value == value.strip():
            return value
        self._fail(path, "Here stands a text, not empty and without space around it.")
        return ""

    def _fail(self, path: KeyPath, message: str, *, hint: str | None = None) -> Rule:
        """Note a fault and give a rule to go on with."""
        self.faults.append(self.file.fault(path, message, hint=hint))
        return EVERYBODY


def _how_many_hint(kinds: Sequence[str]) -> str:
    """Say what to do with a rule that says nothing or several things."""
    if kinds:
        return "To ask for several things write all = [ { ... }, { ... } ]."
    return "To choose everybody write { all = [] }."
