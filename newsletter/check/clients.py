"""What mail programs do to a mail: cut out what moves, block what comes from elsewhere, ignore styles they do not know.

What each program supports is read from `client_support.json`, derived from the caniemail data (MIT) by
`docs/make_client_support.py`. Its door is `CHECKS`.
"""

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache, lru_cache
from pathlib import Path

import tinycss2

from newsletter.check.page.html import Page, declarations
from newsletter.check.page.reading import Reading
from newsletter.check.page.rules import Hit, check, checks_of
from newsletter.domain.issue import Severity
from newsletter.language.catalogue import MessageId

ACTIVE_TAGS = frozenset(
    {
        *("script", "iframe", "frame", "object", "embed", "applet", "canvas", "video", "audio"),
        *("form", "input", "button", "select", "textarea", "dialog", "marquee"),
    }
)
"""Elements that mail programs cut out, block or warn of."""

GRACEFUL_FEATURES = frozenset(
    {
        *("@supports", "@keyframes", "@media (hover), @media (any-hover)", "@media (orientation)"),
        *("@media (prefers-reduced-motion)", "@media (-webkit-device-pixel-ratio)"),
        *("animation", "transition", "cursor", "user-select", "accent-color", "outline", "outline-offset"),
        *("border-radius", "border-radius logical properties", "box-shadow", "text-shadow"),
        *("hyphens", "hyphenate-character", "hyphenate-limit-chars", "overflow-wrap", "word-wrap", "word-spacing"),
        *("text-wrap", "text-decoration-color", "text-decoration-line", "text-decoration-style"),
        *("text-decoration-thickness", "text-decoration-skip-ink", "text-underline-offset", "text-underline-position"),
        *("font-kerning", "font-stretch", "font-size-adjust", "orphans", "widows", "tab-size", "text-justify"),
        *("min-width", "min-height", "max-height", "overflow", "visibility", "opacity", "box-sizing"),
        *(":hover", ":active", ":focus", ":focus-visible", ":focus-within", ":visited", ":link", ":target", "lang()"),
    }
)
"""Features whose lack costs a mail some grace, but no word and no order: the MJML compiler or the reader makes do."""

WANTED_FEATURES = frozenset({"@media", "@media (prefers-color-scheme)", "color-scheme CSS"})
"""Features every mail must use for phones and dark mode, though some programs lack them: nothing to tell of them."""

_SUPPORT_FILE = Path(__file__).with_name("client_support.json")
# Each begins with a plain character: that is what makes looking for it quick.
_CONDITIONAL = re.compile(r"<!--\[if\b[^\]]*\]>(?P<shown>\s*(?:<!)?-->)?|<!\[endif\]-->|-->")


@check(
    code="active-content",
    severity=Severity.ERROR,
    message=MessageId("The mail contains {found}, which mail programs remove or block."),
    fix=MessageId("Take it out of the template, and link to a page that has it."),
    basis="Mail programs strip scripts, forms, frames and media",
)
def active_content(reading: Reading) -> Iterator[Hit]:
    """Find elements that act, and attributes that run code."""
    tags = (element.tag for element in reading.page.elements if element.tag in ACTIVE_TAGS)
    handlers = (str(name) for element in reading.page.elements for name in element.attrib if str(name).startswith("on"))
    found = dict.fromkeys([*(f"<{tag}>" for tag in map(str, tags)), *handlers])
    if found:
        yield Hit(facts={"found": ", ".join(found)})


@check(
    code="remote-style",
    severity=Severity.ERROR,
    message=MessageId(
        "The mail loads styles or fonts from elsewhere ({found}); many programs ignore them, and it costs privacy."
    ),
    fix=MessageId("Write the styles into the template, and use fonts that every machine has."),
    basis="caniemail: link, @import, @font-face; privacy",
)
def remote_style(reading: Reading) -> Iterator[Hit]:
    """Find style sheets and fonts that are not in the mail."""
    sheets = [element for element in reading.page.root.iter("link") if "stylesheet" in element.get("rel", "").lower()]
    loaded = _sheet(reading.page.sheet).at_words & {"import", "font-face"}
    found = [*(["<link>"] if sheets else []), *(f"@{word}" for word in sorted(loaded))]
    if found:
        yield Hit(facts={"found": ", ".join(found)})


@check(
    code="conditional-comments",
    severity=Severity.ERROR,
    message=MessageId(
        "A comment meant for Outlook is not closed, near “{found}”: Outlook or all others lose a part of the mail."
    ),
    fix=MessageId("Each <!--[if mso]> in the template needs its own <![endif]-->."),
    basis="Outlook's conditional comments",
)
def conditional_comments(reading: Reading) -> Iterator[Hit]:
    """Find the first conditional comment that is opened twice, closed twice, closed too early or not at all."""
    opened: re.Match[str] | None = None
    for match in _CONDITIONAL.finditer(reading.message.html):
        is_end, is_close = match[0] == "-->", match[0].startswith("<![")
        # What ends any comment may end this one too early; the other marks must take turns.
        is_wrong = (opened is not None and not opened["shown"]) if is_end else (opened is None) == is_close
        if is_wrong:
            yield _comment_at(match, reading)
            return
        if not is_end:
            opened = None if is_close else match
    if opened is not None:
        yield _comment_at(opened, reading)


def _comment_at(match: re.Match[str], reading: Reading) -> Hit:
    """Quote what follows a comment's mark, for somebody who has to find it in the template."""
    after = " ".join(reading.message.html[match.start() :].split())
    return Hit(facts={"found": after[:60]})


@check(
    code="dark-mode-incomplete",
    severity=Severity.WARNING,
    message=MessageId("The mail is not ready for dark mode; missing: {missing}."),
    fix=MessageId("The template must declare both colour schemes and give dark colours."),
    basis="caniemail: color-scheme, prefers-color-scheme",
)
def dark_mode_incomplete(reading: Reading) -> Iterator[Hit]:
    """Find a mail that lacks one of the three declarations of dark mode."""
    metas = {meta.get("name", "").lower(): meta.get("content", "").lower() for meta in reading.page.root.iter("meta")}
    sheet = _sheet(reading.page.sheet)
    present = {
        "meta color-scheme": "dark" in metas.get("color-scheme", ""),
        "color-scheme": any(name == "color-scheme" and "dark" in value for name, value in sheet.declared),
        "@media (prefers-color-scheme: dark)": any("prefers-color-scheme" in query for query in sheet.media),
    }
    missing = [name for name, is_there in present.items() if not is_there]
    if missing:
        yield Hit(facts={"missing": ", ".join(missing)})


@check(
    code="style-unsupported",
    severity=Severity.WARNING,
    message=MessageId("The style “{feature}” does not work in {clients}."),
    fix=MessageId("Look at the mail there, or build this part of the template without it."),
    basis="caniemail data",
)
def style_unsupported(reading: Reading) -> Iterator[Hit]:
    """Find features that a mail needs to look right and that a program lacks, one hit a feature."""
    for feature in _used_features(reading):
        if feature.name not in GRACEFUL_FEATURES:
            yield Hit(facts={"feature": feature.name, "clients": ", ".join(feature.lacking)})


@check(
    code="style-simpler-somewhere",
    severity=Severity.NOTE,
    message=MessageId("Some mail programs show the mail more simply; they do not know: {features}."),
    fix=MessageId("Nothing needs to be done: the mail stays readable and complete without these."),
    basis="caniemail data",
)
def style_simpler_somewhere(reading: Reading) -> Iterator[Hit]:
    """List the features that a program may lack without harm, in one hit."""
    names = [feature.name for feature in _used_features(reading) if feature.name in GRACEFUL_FEATURES]
    if names:
        yield Hit(facts={"features": ", ".join(names)})


@dataclass(frozen=True, slots=True, kw_only=True)
class Feature:
    """Something of CSS that at least one mail program lacks.

    Attributes:
        signs: What betrays its use: kind and text.
    """

    name: str
    signs: tuple[tuple[str, str], ...]
    lacking: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Styles:
    """What a mail's styles are made of.

    Attributes:
        declared: Property and value, in lower case.
        at_words: `media`, `font-face`, without the @.
    """

    declared: frozenset[tuple[str, str]] = frozenset()
    at_words: frozenset[str] = frozenset()
    media: frozenset[str] = frozenset()
    selectors: frozenset[str] = frozenset()


@dataclass(slots=True, kw_only=True)
class _Gathered:
    """What has been met in a style sheet so far."""

    declared: set[tuple[str, str]] = field(default_factory=set)
    at_words: set[str] = field(default_factory=set)
    media: set[str] = field(default_factory=set)
    selectors: set[str] = field(default_factory=set)


@lru_cache(maxsize=8)
def _sheet(text: str) -> _Styles:
    """Read a style sheet. Kept, because several checks ask and an issue's editions share it."""
    gathered = _Gathered()
    _gather(tinycss2.parse_stylesheet(text, skip_comments=True, skip_whitespace=True), gathered)
    return _Styles(
        declared=frozenset(gathered.declared),
        at_words=frozenset(gathered.at_words),
        media=frozenset(gathered.media),
        selectors=frozenset(gathered.selectors),
    )


def _gather(rules: Iterable[tinycss2.ast.Node], gathered: _Gathered) -> None:
    """Note what each rule says, and go into those that hold rules."""
    for rule in rules:
        if rule.type == "qualified-rule":
            gathered.selectors.add(tinycss2.serialize(rule.prelude).lower())
            gathered.declared.update(declarations(tinycss2.serialize(rule.content)).items())
        elif rule.type == "at-rule":
            gathered.at_words.add(rule.lower_at_keyword)
            if rule.lower_at_keyword == "media":
                gathered.media.add(tinycss2.serialize(rule.prelude).lower())
            if rule.content is not None:
                _gather(tinycss2.parse_rule_list(rule.content, skip_comments=True, skip_whitespace=True), gathered)


@lru_cache(maxsize=1)
def _used_features(reading: Reading) -> tuple[Feature, ...]:
    """Give what a mail uses; two checks ask."""
    return used_features(reading.page)


def used_features(page: Page) -> tuple[Feature, ...]:
    """Give the features of the table that a mail uses by its own choice, in the table's order."""
    sheet = _sheet(page.sheet)
    inline = {element.get("style", "") for element in page.elements}
    declared = sheet.declared.union(*(declarations(style).items() for style in inline))
    names = {name for name, _ in declared}
    displays = {value for name, value in declared if name == "display"}
    values = " ; ".join(sorted(value for _, value in declared))
    texts = {"value": values, "unit": values, "selector": " ".join(sheet.selectors), "media": " ".join(sheet.media)}
    words = {"property": names, "display": displays, "at": sheet.at_words}

    def is_used(kind: str, text: str) -> bool:
        if kind in words:
            return text in words[kind]
        # Most are nowhere, and a pattern costs more to make than to use.
        return text in texts[kind] and _sign(kind, text).search(texts[kind]) is not None

    chosen = (feature for feature in features() if feature.name not in WANTED_FEATURES)
    return tuple(feature for feature in chosen if any(is_used(kind, text) for kind, text in feature.signs))


@cache
def _sign(kind: str, text: str) -> re.Pattern[str]:
    """Make the pattern that finds a feature: a unit after a number, a pseudo-class anywhere, else a word."""
    before = {"unit": r"(?<![\w-])[\d.]+", "selector": "(?<!:)"}.get(kind, r"(?<![\w-])")
    after = "" if text.endswith("(") else r"(?![\w-])"
    return re.compile(before + re.escape(text) + after)


@cache
def features() -> tuple[Feature, ...]:
    """Read the table that is shipped with the program."""
    table = json.loads(_SUPPORT_FILE.read_text("utf-8"))
    return tuple(
        Feature(
            name=feature["name"],
            signs=tuple((kind, text) for kind, text in feature["signs"]),
            lacking=tuple(feature["lacking"]),
        )
        for feature in table["features"]
    )


CHECKS = checks_of(globals())
"""In the order of the documentation."""
