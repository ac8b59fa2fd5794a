"""Normalise MJML: write it so that the compiler cannot get it wrong, and refuse what cannot be written so.

lxml reads the source strictly (well-formed, at most 256 deep, nothing fetched) and this module writes it again: numeric
references, double quotes, style sheets in ASCII, units, alt texts, one space between inline tags, no comments but
Outlook's conditional ones. Every error names line and column of the source.
Door: `normalised`. It must not know Jinja or what a newsletter is; the defects it cures are those of MRML 6.0.1 as
measured.
"""

import difflib
import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from lxml import etree

from newsletter.errors import Place, TemplateError
from newsletter.render.habits import HABITS, as_xml, mended
from newsletter.render.references import css_escaped, referenced, referenced_text, without_controls
from newsletter.render.schema import (
    ANY_VALUE,
    CONTAINERS,
    HTML_HOLDERS,
    KNOWN,
    REFUSED,
    TEXT_HOLDERS,
    attribute_complaint,
    nesting_complaint,
)

DEPTH_MAX = 100
"""Deeper nesting is a fault of whoever wrote it, and 10,000 levels end the compiler's process."""

IMAGES = frozenset({"img", "mj-image", "mj-social-element", "mj-carousel-image"})
"""Tags that need an alt, if an empty one: without it screen readers read the file's name."""
VOID_TAGS = frozenset({"area", "base", "br", "col", "hr", "img", "input", "link", "meta", "source", "track", "wbr"})
"""HTML tags without content."""
LINK_ATTRIBUTES = frozenset({"href", "src", "background", "background-url", "action", "poster"})
"""Attributes that hold an address."""
WARNINGS_MAX = 100
"""More of them help nobody."""
KEPT_MAX = 50_000
"""Characters of MJML whose attributes are kept in mind for the next letter."""
DISTANT = {
    "mj-accordion": ("icon-wrapped-url", "icon-unwrapped-url"),
    "mj-carousel": ("left-icon", "right-icon"),
}
"""Tags whose pictures come from somebody else's server unless these say otherwise."""
LINK_SCHEMES = frozenset({"http", "https", "mailto", "tel", "cid"})
"""Schemes an address may have; one without a scheme is left to the checks."""

# In what is well-formed, the n-th of these is the n-th element.
_TAGS = re.compile(r"<!--.*?-->|<!\[CDATA\[.*?\]\]>|<\?.*?\?>|(?P<tag><[^\s/!?<>])", re.DOTALL)
_DECLARATION = re.compile(r"\A\ufeff?\s*<\?xml[^>]*\?>")
_SYNTAX_PLACE = re.compile(r",? \(?line \d+, column \d+.*\Z", re.DOTALL)
_SCHEME = re.compile(r"([a-zA-Z][a-zA-Z0-9+.-]*):")
# Browsers drop these inside an address, so `java<tab>script:` is an address of a script.
_BLANKS = re.compile(r"[\x00-\x20\x7f-\xa0\u200b-\u200f\u2028-\u202f\u2060\ufeff]")
_LINE_BREAKS = re.compile(r"[ \t\n]+")
_ZERO = re.compile(r"(?<![\w.#-])0(?![\w.%])")


@dataclass(frozen=True, slots=True, kw_only=True)
class MjmlWarning:
    """Something the compiler would ignore without a word.

    Attributes:
        message: In one sentence.
        line: 1-based line.
        column: 1-based, or None.
        template_name: The file that line and column are of.
    """

    message: str
    line: int
    column: int | None = None
    template_name: str = ""

    def __str__(self) -> str:
        """Write the warning as compilers do."""
        return f"{Place(path=Path(self.template_name), line=self.line, column=self.column)}: {self.message}"


@dataclass(frozen=True, slots=True, kw_only=True)
class NormalMjml:
    """MJML that the compiler gets right.

    Attributes:
        mjml: To be compiled.
        inline_css: From `mj-style inline="inline"`, which the compiler does not inline.
        warnings: In the order of the source.
    """

    mjml: str
    inline_css: str
    warnings: tuple[MjmlWarning, ...]


def normalised(source: str, *, template_name: str) -> NormalMjml:
    """Write MJML anew so that the compiler gets every character right.

    Raises:
        TemplateError: The source is not well-formed, too deep, or holds a tag, attribute or address that a mail must
            not have; with line and column.
    """
    return _Writer(source, template_name).write()


class _Writer:
    """Walks over one document and writes it."""

    def __init__(self, source: str, template_name: str) -> None:
        self.source = without_controls(source)
        self.path = Path(template_name)
        self.out: list[str] = []
        self.inline_css: list[str] = []
        self.warnings: list[MjmlWarning] = []
        # A letter has few attributes that differ, so most were looked over before; a flood is not worth keeping.
        self._look_over = _looked_over_before if len(self.source) < KEPT_MAX else _look_over
        self._positions: dict[etree._Element, tuple[int, int]] = {}
        # Names with a prefix are rare and dear to write, so most documents are not asked for them.
        self._has_prefixes = "xmlns" in self.source or "xml:" in self.source

    def write(self) -> NormalMjml:
        """Read and write the whole document."""
        root = self._parsed()
        if root.tag != "mjml":
            raise self._fault(root, f"The outermost tag is {root.tag!r}.", "Begin with <mjml>.")
        self._container(root, root.tag, 1)
        return NormalMjml(mjml="".join(self.out), inline_css="\n".join(self.inline_css), warnings=tuple(self.warnings))

    def _parsed(self) -> etree._Element:
        """Parse strictly, without fetching or expanding anything."""
        declared = _DECLARATION.match(self.source)
        text = "\n" * declared[0].count("\n") + self.source[declared.end() :] if declared else self.source
        if doctype := re.search(r"<!DOCTYPE|<!ENTITY", text, re.IGNORECASE):
            line = text.count("\n", 0, doctype.start()) + 1
            raise TemplateError(
                "A document type declaration cannot stand in MJML.",
                place=Place(path=self.path, line=line, column=doctype.start() - text.rfind("\n", 0, doctype.start())),
                hint="Take it out; the compiler writes its own.",
            )
        parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
        try:
            return etree.fromstring(as_xml(text).encode(), parser)
        except etree.XMLSyntaxError as cause:
            line, column = cause.position
            said = _SYNTAX_PLACE.sub("", str(cause.msg))
            raise TemplateError(
                f"The MJML is not well-formed: {said}.",
                place=Place(path=self.path, line=line, column=self._source_column(line, column)),
                hint="Close every tag in the order it was opened, quote every attribute, and write < as &lt;.",
            ) from cause

    def _source_column(self, line: int, column: int) -> int:
        """Give the column in the source of a column in what was parsed, where names had become numbers."""
        lines = self.source.split("\n")
        if not 1 <= line <= len(lines):
            return max(column, 1)
        moved = 0
        for match in HABITS.finditer(lines[line - 1]):
            written = mended(match)
            if match.start() + moved + len(written) > column:
                break
            moved += len(written) - len(match[0])
        # The parser stops behind the tag that it cannot place; people look for where that begins.
        column = max(column - moved, 1)
        begin = lines[line - 1].rfind("<", 0, column - 1)
        return begin + 1 if begin >= 0 else column

    def _fault(self, node: etree._Element, message: str, hint: str) -> TemplateError:
        """Make the error for an element."""
        line, column = self._position(node)
        return TemplateError(message, place=Place(path=self.path, line=line, column=column), hint=hint)

    def _position(self, node: etree._Element) -> tuple[int, int]:
        """Find where an element's tag begins: the parser knows only the line on which it ends."""
        if not self._positions:
            starts = [match.start() for match in _TAGS.finditer(self.source) if match["tag"]]
            elements = (element for element in node.getroottree().iter() if isinstance(element.tag, str))
            line, line_start = 1, 0
            for element, start in zip(elements, starts, strict=False):
                line += self.source.count("\n", line_start, start)
                line_start = max(self.source.rfind("\n", line_start, start) + 1, line_start)
                self._positions[element] = (line, start - line_start + 1)
        known = node if isinstance(node.tag, str) else node.getparent()
        return self._positions.get(known, (1, 1)) if known is not None else (1, 1)

    def _warn(self, node: etree._Element, message: str) -> None:
        """Note something that the compiler would ignore."""
        if len(self.warnings) < WARNINGS_MAX:
            line, column = self._position(node)
            self.warnings.append(MjmlWarning(message=message, line=line, column=column, template_name=str(self.path)))

    def _container(self, node: etree._Element, tag: str, depth: int) -> None:
        """Write a tag whose content is MJML, with its content."""
        self._check_depth(node, depth)
        if tag == "mj-font":
            self._warn(node, "mj-font fetches a font from another server.")
        if tag == "mj-class" and len(node):
            raise self._fault(node, "mj-class cannot hold other tags.", "Write the attributes on mj-class itself.")
        self.out.append(f"<{tag}{self._attributes(node, tag, is_mjml=True)}>")
        self._check_text(node, tag, node.text)
        for child in node:
            if not isinstance(child, etree._Comment):  # noqa: SLF001 - lxml has no other name for the type
                self._mjml(child, tag, depth + 1)
            self._check_text(node, tag, child.tail)
        self.out.append(f"</{tag}>")

    def _check_text(self, node: etree._Element, tag: str, text: str | None) -> None:
        """Refuse text that the compiler would drop."""
        if text and (said := text.strip()):
            raise self._fault(node, f"Text stands directly in {tag}: {said[:40]!r}.", "Put it into mj-text.")

    def _mjml(self, node: etree._Element, parent_tag: str, depth: int) -> None:
        """Write one MJML tag by its kind."""
        tag = node.tag
        if not isinstance(tag, str):
            raise self._fault(node, "A processing instruction cannot stand in MJML.", "Take it out.")
        if tag in KNOWN and (complaint := nesting_complaint(parent_tag, tag)):
            raise self._fault(node, complaint, "Close the tag around it before, or put the right one between.")
        if tag in HTML_HOLDERS:
            self._holder(node, tag, depth)
        elif tag in CONTAINERS:
            self._container(node, tag, depth)
        elif tag == "mj-style":
            self._style(node)
        elif tag in TEXT_HOLDERS:
            text = _LINE_BREAKS.sub(" ", "".join(node.itertext()).strip(" \t\n"))
            self.out.append(f"<{tag}>{referenced_text(text)}</{tag}>")
        elif tag in REFUSED:
            raise self._fault(node, f"{tag} cannot be used.", REFUSED[tag])
        else:
            near = difflib.get_close_matches(tag, KNOWN, n=1)
            hint = f"Did you mean {near[0]}?" if near else "HTML belongs into mj-text or mj-raw."
            raise self._fault(node, f"There is no tag {tag!r} in MJML.", hint)

    def _style(self, node: etree._Element) -> None:
        """Write a style sheet in ASCII, or keep it for the inliner."""
        css = css_escaped("".join(node.itertext()))
        if node.get("inline") == "inline":
            self.inline_css.append(css)
        else:
            self.out.append(f"<mj-style>{css.strip()}</mj-style>")

    def _holder(self, node: etree._Element, tag: str, depth: int) -> None:
        """Write a tag whose content is HTML."""
        if tag == "mj-raw" and node.get("position") == "file-start":
            raise self._fault(node, "mj-raw cannot stand at the start of the file.", "Leave position out.")
        if tag == "mj-social-element" and not node.get("src") and _stands_in_body(node):
            self._warn(node, "mj-social-element has no src, so it has no icon.")
        self.out.append(f"<{tag}{self._attributes(node, tag, is_mjml=True)}>")
        self._html_content(node, depth)
        self.out.append(f"</{tag}>")

    def _html_content(self, node: etree._Element, depth: int) -> None:
        """Write HTML inside an element."""
        self._check_depth(node, depth)
        self.out.append(_html_text(node.text))
        for child in node:
            tag = child.tag
            if isinstance(tag, str):
                self._html(child, tag, depth + 1)
            elif isinstance(child, etree._Comment):  # noqa: SLF001 - as above
                self.out.append(_conditional(child.text or ""))
            else:
                raise self._fault(node, "A processing instruction cannot stand in HTML.", "Take it out.")
            self.out.append(_html_text(child.tail))

    def _html(self, node: etree._Element, full_tag: str, depth: int) -> None:
        """Write one HTML element."""
        # HTML does not tell capitals apart, so <SCRIPT> is one.
        tag = _name(node, full_tag).lower()
        if tag == "script" or tag.startswith("mj-"):
            raise self._fault(node, f"{tag} cannot stand in HTML.", "Take it out, or close the tag around it before.")
        attributes = self._attributes(node, full_tag, is_mjml=False)
        if tag in VOID_TAGS:
            self.out.append(f"<{tag}{attributes} />")
        elif tag == "style":
            self.out.append(f"<style{attributes}>{css_escaped(''.join(node.itertext()))}</style>")
        else:
            self.out.append(f"<{tag}{attributes}>")
            self._html_content(node, depth)
            self.out.append(f"</{tag}>")

    def _attributes(self, node: etree._Element, tag: str, *, is_mjml: bool) -> str:
        """Write the attributes of an element, cured and checked."""
        items = tuple(node.items())
        is_seen = tag in IMAGES or tag in DISTANT
        if not items and not is_seen:
            return ""
        if self._has_prefixes:
            items = tuple((_name(node, name), value) for name, value in items)
        written, faulty, complaints = self._look_over(tag, items, is_mjml)
        if faulty:
            raise self._faulty(node, faulty)
        for complaint in complaints:
            self._warn(node, complaint)
        if not is_seen or not _stands_in_body(node):
            return written
        if any(not node.get(name) for name in DISTANT.get(tag, ())):
            self._warn(node, f"{tag} shows pictures from another server: give it {' and '.join(DISTANT[tag])}.")
        return f'{written} alt=""' if tag in IMAGES and node.get("alt") is None else written

    def _faulty(self, node: etree._Element, name: str) -> TemplateError:
        """Make the error for an attribute that no mail may have."""
        if name.lower() not in LINK_ATTRIBUTES:
            return self._fault(node, f"The attribute {name!r} would be a script.", "Take it out.")
        return self._fault(
            node,
            f"The {name} of {str(node.tag)!r} has an address that no mail may have.",
            "Begin the address with https://, http://, mailto: or tel:.",
        )

    def _check_depth(self, node: etree._Element, depth: int) -> None:
        """Refuse nesting that only a mistake or an attack makes."""
        if depth > DEPTH_MAX:
            raise self._fault(node, f"Tags are nested more than {DEPTH_MAX} deep.", "Close the tags before.")


Looked = tuple[str, str | None, tuple[str, ...]]
"""Attributes as they are written, the name of one that is refused, and what is wrong with others."""


def _look_over(tag: str, items: tuple[tuple[str, str], ...], is_mjml: bool) -> Looked:  # noqa: FBT001 - as above
    """Write and judge the attributes of a tag."""
    written, complaints = [], []
    for name, value in items:
        is_script = not is_mjml and name.lower().startswith("on")
        if is_script or (name.lower() in LINK_ATTRIBUTES and _is_bad_link(value)):
            return "", name, ()
        if is_mjml and (complaint := attribute_complaint(tag, name, value)):
            complaints.append(complaint)
        written.append(f' {name}="{referenced(_cured(name, value) if is_mjml else value)}"')
    return "".join(written), None, tuple(complaints)


_looked_over_before = lru_cache(maxsize=4096)(_look_over)


def _is_bad_link(value: str) -> bool:
    """Tell whether an address runs a script or leaves the scheme to chance."""
    if ANY_VALUE in value:
        return False
    address = _BLANKS.sub("", value)
    scheme = _SCHEME.match(address)
    has_bad_scheme = scheme is not None and scheme[1].lower() not in LINK_SCHEMES
    return has_bad_scheme or address.startswith(("//", "\\\\", "/\\"))


def _name(node: etree._Element, name: str) -> str:
    """Give a tag's or attribute's name with its prefix, as it was written."""
    if not name.startswith("{"):
        return name
    space, _, local = name[1:].partition("}")
    prefix = next((known for known, uri in node.nsmap.items() if uri == space and known), None)
    if space == "http://www.w3.org/XML/1998/namespace":
        prefix = "xml"
    return f"{prefix}:{local}" if prefix else local


def _html_text(text: str | None) -> str:
    """Write text between HTML tags; the compiler drops a blank that holds a line feed, though words stand around it."""
    if not text:
        return ""
    return referenced_text(text) if text.strip(" \n\t") else " "


def _conditional(comment: str) -> str:
    """Keep a comment that Outlook reads, with other letters as references, and no other."""
    if not comment.lstrip().startswith(("[if", "<![endif]", "[endif]")):
        return ""
    ascii_only = "".join(letter if letter.isascii() else f"&#{ord(letter)};" for letter in comment)
    return f"<!--{ascii_only}-->"


def _cured(name: str, value: str) -> str:
    """Write an MJML attribute's value as the compiler needs it."""
    if "padding" in name:
        # A bare 0 is not counted when widths are computed, so images overflow in Outlook.
        return _ZERO.sub("0px", value)
    if name == "mj-class":
        # The compiler lets the first class win, MJML the last.
        return " ".join(reversed(value.split()))
    return value


def _stands_in_body(node: etree._Element) -> bool:
    """Tell whether an element is shown, and is not a default in mj-attributes."""
    parent = node.getparent()
    return parent is None or parent.tag != "mj-attributes"
