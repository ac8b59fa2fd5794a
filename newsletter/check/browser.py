"""What only a browser can see: contrast in light and in dark, whatever else axe-core tests, and sideways scrolling.

These checks are slow (a second an edition) and need a Chromium and axe-core, so they run only when asked for. `look`
asks a browser and gives what it saw as values; `judge` says of those, without any browser, which rules are broken.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from pydantic import ConfigDict, TypeAdapter, ValidationError

from newsletter.check.page.html import excerpt
from newsletter.check.page.reading import Reading
from newsletter.check.page.rules import Hit, Rule
from newsletter.domain.issue import Severity
from newsletter.errors import Place, UsageError
from newsletter.language.catalogue import MessageId

WIDTHS_PIXELS = (320, 375, 600, 1024)
"""The narrowest phone still in use, a common phone, a mail program's reading pane, a wide one."""
TESTED_WIDTHS_PIXELS = frozenset({375, 1024})
"""Where axe-core runs as well: our letters have one layout for phones and one for desks."""

SIDEWAYS_SCROLL = Rule(
    code="sideways-scroll",
    severity=Severity.ERROR,
    message=MessageId(
        "At a width of {widths} pixels the mail must be scrolled sideways: “{element}” reaches to {reach} pixels."
    ),
    fix=MessageId("Break up a long word or address; in a template, let tables and images shrink with the screen."),
    basis="WCAG 1.4.10, EN 301 549 9.1.4.10",
)
CONTRAST_LOW = Rule(
    code="contrast-low",
    severity=Severity.ERROR,
    message=MessageId(
        "“{element}” is hard to read: {foreground} on {background} has a contrast of {ratio}:1, and {least}:1 is "
        "needed."
    ),
    fix=MessageId("Choose colours further apart in templates/email/brand.toml or in the template."),
    basis="WCAG 1.4.3, EN 301 549 9.1.4.3; axe color-contrast",
)
CONTRAST_LOW_DARK = Rule(
    code="contrast-low-dark",
    severity=Severity.ERROR,
    message=MessageId(
        "In the dark, “{element}” is hard to read: {foreground} on {background} has a contrast of {ratio}:1, and "
        "{least}:1 is needed."
    ),
    fix=MessageId("Choose dark colours further apart in templates/email/brand.toml or in the template."),
    basis="WCAG 1.4.3, EN 301 549 9.1.4.3; axe color-contrast under prefers-color-scheme: dark",
)
LINK_ONLY_BY_COLOUR = Rule(
    code="link-only-by-colour",
    severity=Severity.ERROR,
    message=MessageId("Only a slight difference in colour tells the link “{element}” from the words around it."),
    fix=MessageId("Let the template underline links."),
    basis="WCAG 1.4.1, EN 301 549 9.1.4.1; axe link-in-text-block",
)
TARGET_SMALL = Rule(
    code="target-small",
    severity=Severity.WARNING,
    message=MessageId("The link “{element}” is so small and so close to another that a finger meets the wrong one."),
    fix=MessageId("Let the template give it 24 by 24 pixels, or more room around it."),
    basis="WCAG 2.2 2.5.8 (not in EN 301 549 3.2.1); axe target-size",
)
AXE_VIOLATION = Rule(
    code="axe-violation",
    severity=Severity.ERROR,
    message=MessageId("{count} element breaks axe-core's rule {rule} ({help}): “{element}”."),
    fix=MessageId(
        "Mend the template, or tell whoever looks after it; axe-core's documentation explains the rule {rule}."
    ),
    basis="WCAG 2.1 A and AA, EN 301 549, every rule that axe-core tests",
)
AXE_ADVICE = Rule(
    code="axe-advice",
    severity=Severity.WARNING,
    message=MessageId("{count} element goes against axe-core's advice {rule} ({help}): “{element}”."),
    fix=MessageId(
        "Mend the template, or tell whoever looks after it; axe-core's documentation explains the rule {rule}."
    ),
    basis="axe-core best practices; a mail is a fragment, so landmark-one-main and region are left out",
)

RULES = (
    SIDEWAYS_SCROLL,
    CONTRAST_LOW,
    CONTRAST_LOW_DARK,
    LINK_ONLY_BY_COLOUR,
    TARGET_SMALL,
    AXE_VIOLATION,
    AXE_ADVICE,
)

ANSWERED_BY = {
    "document-title": {"title-missing"},
    "empty-heading": {"heading-empty"},
    "heading-order": {"heading-level-skipped"},
    "html-has-lang": {"language-missing"},
    "html-lang-valid": {"language-missing", "language-differs"},
    "image-alt": {"image-without-alt", "linked-image-without-alt"},
    "link-name": {"link-without-text", "linked-image-without-alt"},
    "page-has-heading-one": {"main-heading"},
}
"""Rules of axe-core that fast checks answer too, in words an editor understands: nobody is told twice."""

_NAMED = {"link-in-text-block": LINK_ONLY_BY_COLOUR, "target-size": TARGET_SMALL}
_TAGS = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "EN-301-549", "best-practice")
_EXCEPTIONS = ("landmark-one-main", "region")

# An element as both scripts describe it: the first line of its words, or its picture's, and where it leads.
_ELEMENT = """const described = one => ({
  text: ((one.innerText || one.getAttribute('alt') || '').trim().split('\\n')[0]).slice(0, 300),
  link: one.closest('a')?.getAttribute('href') || '', source: one.getAttribute('src') || '',
  html: one.cloneNode(false).outerHTML.slice(0, 300)});"""

# The innermost element that is too wide with all around it hidden: a neighbour that was only stretched along is none.
_OVERFLOW_SCRIPT = (
    "(() => {"
    + _ELEMENT
    + """
  const screen = innerWidth, reach = document.documentElement.scrollWidth;
  if (reach <= screen) return null;
  const styles = new Map();
  const hide = one => {
    if (!styles.has(one)) styles.set(one, one.getAttribute('style'));
    one.style.setProperty('display', 'none', 'important');
  };
  const bare = one =>
    styles.get(one) === null ? one.removeAttribute('style') : one.setAttribute('style', styles.get(one));
  const isAlone = (one, all) => {
    all.forEach(hide);
    bare(one);
    return document.documentElement.scrollWidth > screen;
  };
  let culprit = document.body;
  for (let inner = culprit; inner; ) {
    culprit = inner;
    const all = [...culprit.children];
    inner = all.find(one => isAlone(one, all));
    if (!inner) all.forEach(bare);
  }
  const element = described(culprit);
  [...styles.keys()].forEach(bare);
  return {reach, element};
})()"""
)

# axe-core takes a page without a background of its own for white, also where a browser paints it dark.
_AXE_SCRIPT = (
    "(() => {"
    + _ELEMENT
    + f"""
  const isBare = one => getComputedStyle(one).backgroundColor === 'rgba(0, 0, 0, 0)', root = document.documentElement;
  if (isBare(root) && isBare(document.body)) root.style.backgroundColor = 'Canvas';
  return axe.run(document, {{iframes: false, elementRef: true, resultTypes: ['violations'],
    runOnly: {list(_TAGS)}, rules: {{{", ".join(f"'{rule}': {{enabled: false}}" for rule in _EXCEPTIONS)}}}}})
  """
    + """.then(found => found.violations.flatMap(rule => rule.nodes.map(node => {
    const colours = node.any.map(one => one.data).find(one => one && one.contrastRatio && one.expectedContrastRatio);
    return {rule: rule.id, help: rule.help, is_advice: rule.tags.includes('best-practice'),
      element: described(node.element || root),
      contrast: rule.id === 'color-contrast' && colours ? {foreground: colours.fgColor, background: colours.bgColor,
        ratio: colours.contrastRatio, least: parseFloat(colours.expectedContrastRatio)} : null};
  })));
})()"""
)


class Browser(Protocol):
    """What is asked of a browser. A page's own scripts do not run in it, and it loads nothing from elsewhere."""

    def show(self, html: str) -> None:
        """Open a page."""
        ...

    def view(self, *, width: int, is_dark: bool) -> None:
        """See the page at a width in pixels, in light or in dark."""
        ...

    def evaluate(self, script: str) -> object:
        """Give the value of a script of ours in the page."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Element:
    """A piece of the page, as far as it helps to find it; each part may be empty."""

    text: str
    link: str = ""
    source: str = ""
    html: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Contrast:
    """Two colours as `#rrggbb`, their ratio to 1, and the least that would do."""

    foreground: str
    background: str
    ratio: float
    least: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """A breach of a rule of axe-core at one element.

    Attributes:
        rule: Its id there.
        help: What it asks for, in English.
        is_advice: It is good practice, and not of WCAG.
    """

    rule: str
    help: str
    is_advice: bool
    element: Element
    contrast: Contrast | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Overflow:
    """How far to the right something reaches, in pixels, and what."""

    reach: int
    element: Element


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """What was seen at one width in one light."""

    width: int
    is_dark: bool = False
    overflow: Overflow | None = None
    faults: tuple[Fault, ...] = ()


# Built when the first page is looked at: the fast checks need neither.
_OVERFLOW: TypeAdapter[Overflow | None] = TypeAdapter(Overflow | None, config=ConfigDict(defer_build=True))
_FAULTS: TypeAdapter[tuple[Fault, ...]] = TypeAdapter(tuple[Fault, ...], config=ConfigDict(defer_build=True))


def look(browser: Browser, html: str, *, axe: str) -> tuple[View, ...]:
    """See an edition at every width, in light and in dark.

    The HTML is as a reader gets it, slots filled and pictures in it; `axe` is the source of axe-core.

    Raises:
        UsageError: The source is not that of axe-core, or the browser does not do as it is told.
    """
    browser.show(html)
    if not browser.evaluate(f"{axe}\n;typeof axe === 'object' && typeof axe.run === 'function'"):
        raise UsageError("The file given as axe-core is something else.", hint="It is called axe.min.js.")
    return tuple(_views(browser))


def _views(browser: Browser) -> Iterator[View]:
    """Look once at each width, and in the dark as well where axe-core runs."""
    try:
        for width in WIDTHS_PIXELS:
            browser.view(width=width, is_dark=False)
            overflow = _OVERFLOW.validate_python(browser.evaluate(_OVERFLOW_SCRIPT))
            yield View(width=width, overflow=overflow, faults=_faults(browser, width))
            if width in TESTED_WIDTHS_PIXELS:
                browser.view(width=width, is_dark=True)
                yield View(width=width, is_dark=True, faults=_faults(browser, width))
    except ValidationError as error:
        raise UsageError("axe-core answers in a way we do not know.", hint="Use axe-core 4: `npm ci`.") from error


def _faults(browser: Browser, width: int) -> tuple[Fault, ...]:
    """Let axe-core test what is seen, where it runs at all."""
    return _FAULTS.validate_python(browser.evaluate(_AXE_SCRIPT)) if width in TESTED_WIDTHS_PIXELS else ()


def judge(reading: Reading, views: Sequence[View], *, found: Collection[str] = ()) -> Iterator[tuple[Rule, Hit]]:
    """Find broken rules in what was seen, and trace them to issue.toml; each pair of colours and rule of axe-core once.

    `found` holds the codes of what the fast checks found already.
    """
    yield from _sideways(reading, views)
    colours: set[object] = set()
    others: dict[str, list[Fault]] = {}
    for view in views:
        for fault in view.faults:
            if fault.contrast is None:
                others.setdefault(fault.rule, []).append(fault)
            elif (view.is_dark, fault.contrast) not in colours:
                colours.add((view.is_dark, fault.contrast))
                rule = CONTRAST_LOW_DARK if view.is_dark else CONTRAST_LOW
                yield rule, _hit(reading, fault.element, _colour_facts(fault.contrast))
    for axe_rule, faults in others.items():
        if not ANSWERED_BY.get(axe_rule, set()) & set(found):
            yield from _axe_hits(reading, axe_rule, faults)


def _sideways(reading: Reading, views: Iterable[View]) -> Iterator[tuple[Rule, Hit]]:
    """Find widths at which something reaches out of the screen; the narrowest names the culprit."""
    wide = [(view.width, view.overflow) for view in views if view.overflow is not None]
    if wide:
        _, first = wide[0]
        facts = {"widths": ", ".join(str(width) for width, _ in wide), "reach": str(first.reach)}
        yield SIDEWAYS_SCROLL, _hit(reading, first.element, facts)


def _colour_facts(contrast: Contrast) -> dict[str, str]:
    return {
        "foreground": contrast.foreground,
        "background": contrast.background,
        "ratio": f"{contrast.ratio:g}",
        "least": f"{contrast.least:g}",
    }


def _axe_hits(reading: Reading, axe_rule: str, faults: Sequence[Fault]) -> Iterator[tuple[Rule, Hit]]:
    """Tell of a rule of axe-core: links one by one under rules of ours, all else together."""
    elements = list(dict.fromkeys(fault.element for fault in faults))
    if axe_rule in _NAMED:
        yield from ((_NAMED[axe_rule], _hit(reading, element, {})) for element in elements)
        return
    rule = AXE_ADVICE if faults[0].is_advice else AXE_VIOLATION
    yield rule, _hit(reading, elements[0], {"count": str(len(elements)), "rule": axe_rule, "help": faults[0].help})


def _hit(reading: Reading, element: Element, facts: dict[str, str]) -> Hit:
    """Name an element by its words or, without any, by its picture or tag, and trace it."""
    name = excerpt(element.text or element.source or element.html)
    return Hit(facts={"element": name, **facts}, place=_place(reading, element))


def _place(reading: Reading, element: Element) -> Place | None:
    """Trace an element by what it says, where it leads, or what it shows."""
    return (
        reading.place_of_text(element.text)
        or reading.place_of_address(element.link)
        or reading.place_of_text(element.source)
    )
