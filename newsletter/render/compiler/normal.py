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
from pathlib import Path

from lxml import etree

from newsletter.errors import Fault, Place, TemplateError
from newsletter.render.compiler.attributes import Looked, Refusal, has_script, looked_over, looked_over_before
from newsletter.render.compiler.html_as_xml import VOID_TAGS
from newsletter.render.compiler.reading import MjmlSource
from newsletter.render.compiler.references import css_escaped, referenced_text
from newsletter.render.compiler.schema import (
    ANY_VALUE,
    CONTAINERS,
    HTML_HOLDERS,
    KNOWN,
    REFUSED,
    STYLES,
    TEXT_HOLDERS,
    attribute_complaint,
    nesting_complaint,
)

DEPTH_MAX = 100
"""Deeper nesting is a fault of whoever wrote it, and 10,000 levels end the compiler's process."""

OUTERMOST_DEPTH = 2
"""Where mj-head and mj-body stand."""
IMAGES = frozenset({"img", "mj-image", "mj-social-element", "mj-carousel-image"})
"""Tags that need an alt, if an empty one: without it screen readers read the file's name."""
WARNINGS_MAX = 100
"""More of them help nobody."""
KEPT_MAX = 50_000
"""Characters of MJML whose attributes are kept in mind for the next letter."""
DISTANT = {
    "mj-accordion": ("icon-wrapped-url", "icon-unwrapped-url"),
    "mj-carousel": ("left-icon", "right-icon"),
}
"""Tags whose pictures come from somebody else's server unless these say otherwise."""
REFUSED_HTML = frozenset(
    {"applet", "base", "body", "embed", "frame", "frameset", "head", "html", "iframe", "listing", "noembed"}
    | {"noframes", "object", "plaintext", "script", "title", "xmp"}
)
"""HTML that runs something, belongs around a mail, or makes the rest of it something else."""
DROPPED_HTML = frozenset(
    {"audio", "button", "canvas", "dialog", "form", "input", "link", "math", "noscript", "option", "select", "svg"}
    | {"template", "textarea", "video"}
)
"""HTML that most mail programs leave out, some with its words."""
ONCE = frozenset({"mj-body", "mj-head", "mj-preview", "mj-title"})
"""Tags of which there is one, or the compiler takes one and leaves the others out."""

_LINE_BREAKS = re.compile(r"[ \t\n]+")
_IMPORT = re.compile(r"@import\b", re.IGNORECASE)
_SCRIPT_FOR_OUTLOOK = re.compile(r"<\s*script|(?:java|vb)script:|\son\w+\s*=", re.IGNORECASE)
# A comment that Outlook reads to its end, and one that all others read: both whole, or what follows is gone.
_CONDITIONAL = re.compile(r"\[if [^\]]*\]>(?:.*<!\[endif\]|<!)|<!\[endif\]|\[endif\]", re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class MjmlWarning:
    """Something the compiler would ignore without a word.

    Attributes:
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
            not have; with line and column, and with the other faults there are.
    """
    return _Writer(source, template_name).write()


class _Writer:
    """Walks over one document and writes it."""

    def __init__(self, source: str, template_name: str) -> None:
        self.source = MjmlSource(source, Path(template_name))
        self.out: list[str] = []
        self.inline_css: list[str] = []
        self.warnings: list[MjmlWarning] = []
        text = self.source.text
        # A letter has few attributes that differ, so most were looked over before; a flood is not worth keeping.
        self._look_over = looked_over_before if len(text) < KEPT_MAX else looked_over
        # Names with a prefix are rare and dear to write, so most documents are not asked for them.
        self._has_prefixes = "xmlns" in text or "xml:" in text
        self._classes: frozenset[str | None] = frozenset()
        self._seen: set[str] = set()
        self._faults: list[TemplateError] = []

    def write(self) -> NormalMjml:
        """Read and write the whole document, or raise its first fault with all others."""
        root = self.source.root()
        if root.tag != "mjml":
            raise self._fault(root, f"The outermost tag is {root.tag!r}.", "Begin with <mjml>.")
        self._classes = frozenset(node.get("name") for node in root.iterfind("mj-head/mj-attributes/mj-class"))
        self._container(root, root.tag, 1)
        if root.find("mj-body") is None and not self._faults:
            self._faults.append(self._fault(root, "There is no mj-body.", "Put the sections into <mj-body>."))
        if self._faults:
            first, *others = self._faults[:WARNINGS_MAX]
            first.faults = tuple(Fault(message=one.message, place=one.place, hint=one.hint) for one in others)
            raise first
        return NormalMjml(mjml="".join(self.out), inline_css="\n".join(self.inline_css), warnings=tuple(self.warnings))

    def _fault(self, node: etree._Element, message: str, hint: str, *, at: str = "") -> TemplateError:
        return self.source.fault(node, message, hint, at=at)

    def _warn(self, node: etree._Element, message: str, *, at: str = "") -> None:
        if len(self.warnings) < WARNINGS_MAX:
            line, column = self.source.position(node, at=at)
            name = str(self.source.path)
            self.warnings.append(MjmlWarning(message=message, line=line, column=column, template_name=name))

    def _container(self, node: etree._Element, tag: str, depth: int) -> None:
        """Write a tag whose content is MJML, with its content; what stands in what ends by itself."""
        if tag == "mj-font":
            self._warn(node, "mj-font fetches a font from another server.")
        if tag == "mj-class" and not node.get("name"):
            raise self._fault(node, "mj-class has no name.", "Name it, or write mj-all for every tag.")
        self.out.append(f"<{tag}{self._attributes(node, tag, is_mjml=True)}>")
        self._check_text(node, tag, node.text)
        for child in node:
            if not isinstance(child, etree._Comment):  # noqa: SLF001 - lxml has no other name for the type
                try:
                    self._mjml(child, tag, depth + 1)
                except TemplateError as fault:
                    self._faults.append(fault)
            self._check_text(node, tag, child.tail)
        self.out.append(f"</{tag}>")

    def _check_text(self, node: etree._Element, tag: str, text: str | None) -> None:
        """Refuse text that the compiler would drop."""
        if text and (said := text.strip()):
            message, at = f"Text stands directly in {tag}: {said[:40]!r}.", said.splitlines()[0]
            self._faults.append(self._fault(node, message, "Put it into mj-text.", at=at))

    def _mjml(self, node: etree._Element, parent_tag: str, depth: int) -> None:
        """Write one MJML tag by its kind."""
        tag = node.tag
        if not isinstance(tag, str):
            raise self._fault(node, "A processing instruction cannot stand in MJML.", "Take it out.")
        if tag in KNOWN:
            self._check_home(node, tag, parent_tag)
        if tag in HTML_HOLDERS:
            self._holder(node, tag, depth)
        elif tag in CONTAINERS:
            self._container(node, tag, depth)
        elif tag == STYLES:
            self._style(node)
        elif tag in TEXT_HOLDERS:
            text = _LINE_BREAKS.sub(" ", self._text_alone(node, tag).strip(" \t\n"))
            self.out.append(f"<{tag}>{referenced_text(text)}</{tag}>")
        elif tag in REFUSED:
            raise self._fault(node, f"{tag} cannot be used.", REFUSED[tag])
        else:
            near = difflib.get_close_matches(tag, KNOWN, n=1)
            hint = f"Did you mean {near[0]}?" if near else "HTML belongs into mj-text or mj-raw."
            raise self._fault(node, f"There is no tag {tag!r} in MJML.", hint)

    def _check_home(self, node: etree._Element, tag: str, parent_tag: str) -> None:
        """See that a tag stands where the compiler looks for it."""
        if complaint := nesting_complaint(parent_tag, tag):
            raise self._fault(node, complaint, "Close the tag around it before, or put the right one between.")
        if parent_tag == "mj-attributes" and (len(node) or (node.text or "").strip()):
            raise self._fault(node, f"{tag} cannot hold anything in {parent_tag}.", "Write its attributes alone.")
        if tag in ONCE:
            if tag in self._seen and tag not in TEXT_HOLDERS:
                raise self._fault(node, f"There is a second {tag}.", "Put the two together.")
            if tag in self._seen:
                self._warn(node, f"There is a second {tag}, so the first is ignored.")
            self._seen.add(tag)

    def _text_alone(self, node: etree._Element, tag: str) -> str:
        """Give the text of a tag that has nothing but text, and say what of it is left out."""
        for name, value in node.items():
            if complaint := attribute_complaint(tag, name, value):
                self._warn(node, complaint, at=name)
        for child in node:
            if isinstance(child, etree._ProcessingInstruction):  # noqa: SLF001 - as above
                raise self._fault(node, f"A processing instruction cannot stand in {tag}.", "Take it out.")
            if isinstance(child.tag, str):
                self._warn(child, f"{tag} takes text alone, so the tag {child.tag} is ignored.")
        return "".join(node.itertext())

    def _style(self, node: etree._Element) -> None:
        """Write a style sheet in ASCII, or keep it for the inliner."""
        css = self._css(node, STYLES, self._text_alone(node, STYLES))
        inline = node.get("inline")
        if inline == "inline":
            self.inline_css.append(css)
            return
        if inline is not None and ANY_VALUE not in inline:
            self._warn(node, f"mj-style is inlined by inline='inline', not {inline[:40]!r}.", at="inline")
        self.out.append(f"<mj-style>{css.strip()}</mj-style>")

    def _css(self, node: etree._Element, tag: str, css: str) -> str:
        """Write a style sheet in ASCII, and say what it would bring along."""
        if has_script(css):
            raise self._fault(node, f"The style sheet in {tag} would run a script.", "Take it out.")
        if _IMPORT.search(css):
            self._warn(node, f"{tag} fetches a style sheet from another server, which most mail programs do not.")
        return css_escaped(css)

    def _holder(self, node: etree._Element, tag: str, depth: int) -> None:
        """Write a tag whose content is HTML."""
        if tag == "mj-raw" and (depth == OUTERMOST_DEPTH or node.get("position") == "file-start"):
            raise self._fault(node, "mj-raw cannot stand at the start of the file.", "Put it into mj-head or mj-body.")
        if tag == "mj-social-element" and not node.get("src") and _stands_in_body(node):
            self._warn(node, "mj-social-element has no src, so it has no icon.")
        self.out.append(f"<{tag}{self._attributes(node, tag, is_mjml=True)}>")
        self._html_content(node, depth)
        self.out.append(f"</{tag}>")

    def _html_content(self, node: etree._Element, depth: int) -> None:
        self._check_depth(node, depth)
        self.out.append(_html_text(node.text))
        for child in node:
            tag = child.tag
            if isinstance(tag, str):
                try:
                    self._html(child, tag, depth + 1)
                except TemplateError as fault:
                    self._faults.append(fault)
            elif isinstance(child, etree._Comment):  # noqa: SLF001 - as above
                self.out.append(self._conditional(node, child.text or ""))
            else:
                raise self._fault(node, "A processing instruction cannot stand in HTML.", "Take it out.")
            self.out.append(_html_text(child.tail))

    def _conditional(self, node: etree._Element, comment: str) -> str:
        """Keep a comment that Outlook reads, with other letters as references, and no other."""
        if not comment.startswith(("[if", "<![endif]", "[endif]")):
            return ""
        at = f"<!--{comment.splitlines()[0]}"
        if not _CONDITIONAL.fullmatch(comment.rstrip()):
            hint = "Write <!--[if mso]> ... <![endif]-->, or <!--[if !mso]><!--> ... <!--<![endif]-->."
            raise self._fault(node, "A comment for Outlook is not whole.", hint, at=at)
        if _SCRIPT_FOR_OUTLOOK.search(comment):
            raise self._fault(node, "A comment for Outlook holds a script.", "Take it out.", at=at)
        ascii_only = "".join(letter if letter.isascii() else f"&#{ord(letter)};" for letter in comment)
        return f"<!--{ascii_only}-->"

    def _html(self, node: etree._Element, full_tag: str, depth: int) -> None:
        # HTML does not tell capitals apart, so <SCRIPT> is one.
        tag = _name(node, full_tag).lower()
        if tag in REFUSED_HTML or tag.startswith("mj-"):
            raise self._fault(node, f"{tag} cannot stand in HTML.", "Take it out, or close the tag around it before.")
        if tag == "meta" and node.get("http-equiv", "").lower() == "refresh":
            raise self._fault(node, "A mail cannot send its reader elsewhere.", "Take the meta tag out.")
        if tag in DROPPED_HTML:
            self._warn(node, f"Most mail programs leave {tag} out.")
        attributes = self._attributes(node, full_tag, is_mjml=False)
        if tag in VOID_TAGS:
            self.out.append(f"<{tag}{attributes} />")
        elif tag == "style":
            self.out.append(f"<style{attributes}>{self._css(node, tag, ''.join(node.itertext()))}</style>")
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
        looked = self._look_over(tag, items, is_mjml)
        if looked.fault:
            raise self._faulty(node, looked)
        for name, complaint in looked.complaints:
            self._warn(node, complaint, at=name)
        if is_mjml and (classes := node.get("mj-class")):
            self._check_classes(node, classes)
        return looked.written + self._missing(node, tag) if is_seen and _stands_in_body(node) else looked.written

    def _check_classes(self, node: etree._Element, classes: str) -> None:
        """Say which names of classes mean nothing."""
        for name in classes.split():
            if name not in self._classes and ANY_VALUE not in name:
                self._warn(node, f"There is no mj-class {name!r}, so it is ignored.", at="mj-class")

    def _missing(self, node: etree._Element, tag: str) -> str:
        """Say what a picture lacks, and write an alt where there is none."""
        if any(not node.get(name) for name in DISTANT.get(tag, ())):
            self._warn(node, f"{tag} shows pictures from another server: give it {' and '.join(DISTANT[tag])}.")
        if tag == "mj-image" and not node.get("src"):
            self._warn(node, "mj-image has no src, so it shows nothing.")
        return ' alt=""' if tag in IMAGES and node.get("alt") is None else ""

    def _faulty(self, node: etree._Element, looked: Looked) -> TemplateError:
        name, tag = looked.faulty, etree.QName(node).localname
        if looked.fault is Refusal.SCRIPT:
            return self._fault(node, f"The attribute {name!r} would be a script.", "Take it out.", at=name)
        if looked.fault is Refusal.STYLES:
            message = f"The {name} of {tag!r} holds more than one style."
            return self._fault(node, message, "Give it one value, without ; and braces.", at=name)
        message = f"The {name} of {tag!r} has an address that no mail may have."
        return self._fault(node, message, "Begin the address with https://, http://, mailto: or tel:.", at=name)

    def _check_depth(self, node: etree._Element, depth: int) -> None:
        """Refuse nesting that only a mistake or an attack makes."""
        if depth > DEPTH_MAX:
            raise self._fault(node, f"Tags are nested more than {DEPTH_MAX} deep.", "Close the tags before.")


def _name(node: etree._Element, name: str) -> str:
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


def _stands_in_body(node: etree._Element) -> bool:
    """Tell whether an element is shown, and is not a default in mj-attributes."""
    parent = node.getparent()
    return parent is None or parent.tag != "mj-attributes"
