"""Reads MJML strictly: well-formed, at most 256 deep, nothing fetched or expanded; and knows where everything stands.

Door: `MjmlSource`. It must not know tags of MJML.
"""

import re
from bisect import bisect_right
from pathlib import Path

from lxml import etree

from newsletter.errors import Place, TemplateError
from newsletter.render.compiler.html_as_xml import HABITS_OF_HTML, as_xml, mended
from newsletter.render.compiler.references import without_controls

# In what is well-formed, the n-th of these is the n-th element.
_TAGS = re.compile(r"<!--.*?-->|<!\[CDATA\[.*?\]\]>|<\?.*?\?>|(?P<tag><[^\s/!?<>])", re.DOTALL)
_WHOLE_TAG = re.compile(r"<(?:[^<>\"']|\"[^\"]*\"|'[^']*')*>?")
_DECLARATION = re.compile(r"\A\ufeff?\s*<\?xml[^>]*\?>")
_SYNTAX_PLACE = re.compile(r",? \(?line \d+, column \d+.*\Z", re.DOTALL)
_OPENED = re.compile(r"(?<!\S)(?P<tag>\S++) line (?P<line>\d+)")
# What libxml2 says, in the words of people who write templates.
_PLAINLY = (
    (re.compile(r"AttValue: .* expected"), "The value of an attribute stands in no quotes"),
    (re.compile(r"Specification mandates value for attribute (\S+)"), r"The attribute \1 has no value"),
    (re.compile(r"attributes construct error"), "Two attributes have no blank between them"),
    (re.compile(r"StartTag: invalid element name"), "A < begins no tag"),
    (re.compile(r"error parsing attribute name"), "A tag holds what is no attribute"),
    (re.compile(r".*(?:CharRef|character reference).*"), "A reference names no character"),
    (re.compile(r"Excessive depth in document: .*"), "Tags are nested too deeply"),
    (re.compile(r"Resource limit exceeded: (.*), try .*"), r"\1"),
    (re.compile(r"CData section not finished.*", re.DOTALL), "CDATA not terminated"),
    (re.compile(r"Double hyphen within comment.*", re.DOTALL), "A comment holds two hyphens or ends with three"),
)
_ADVICE = "Close every tag in the order it was opened, quote every attribute, and write < as &lt;."


class MjmlSource:
    """One document as it was given.

    Attributes:
        text: Without controls, every line end a line feed.
        path: What to call it in errors.
    """

    def __init__(self, text: str, path: Path) -> None:
        self.text = without_controls(text)
        self.path = path
        self._line_starts: list[int] = []
        self._tag_starts: dict[etree._Element, int] = {}

    def root(self) -> etree._Element:
        """Parse the document.

        Raises:
            TemplateError: It is not well-formed, or would bring a document type or an instruction along.
        """
        declared = _DECLARATION.match(self.text)
        text = "\n" * declared[0].count("\n") + self.text[declared.end() :] if declared else self.text
        if doctype := re.search(r"<!DOCTYPE|<!ENTITY", text, re.IGNORECASE):
            # Only a declaration of one line moves columns, and of nothing that stands on a line of its own.
            offset = doctype.start() + len(self.text) - len(text)
            hint = "Take it out; the compiler writes its own."
            raise self._fault_at(offset, "A document type declaration cannot stand in MJML.", hint)
        parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
        try:
            root = etree.fromstring(as_xml(text).encode(), parser)
        except etree.XMLSyntaxError as cause:
            raise self._syntax_fault(cause) from cause
        for around in (*root.itersiblings(preceding=True), *root.itersiblings()):
            if isinstance(around, etree._ProcessingInstruction):  # noqa: SLF001 - lxml has no other name for the type
                offset = self.text.find(f"<?{around.target}")
                raise self._fault_at(offset, "A processing instruction cannot stand in MJML.", "Take it out.")
        return root

    def fault(self, node: etree._Element, message: str, hint: str, *, at: str = "") -> TemplateError:
        """Make the error for an element, or for an attribute or a text in it."""
        line, column = self.position(node, at=at)
        return TemplateError(message, place=Place(path=self.path, line=line, column=column), hint=hint)

    def position(self, node: etree._Element, *, at: str = "") -> tuple[int, int]:
        """Find where an element begins, or what stands in it: the parser knows only the line on which its tag ends.

        Args:
            node: The element.
            at: The name of one of its attributes, or the first words of a text in it.
        """
        if not self._tag_starts:
            starts = (match.start() for match in _TAGS.finditer(self.text) if match["tag"])
            elements = (element for element in node.getroottree().iter() if isinstance(element.tag, str))
            self._tag_starts = dict(zip(elements, starts, strict=False))
        known = node if isinstance(node.tag, str) else node.getparent()
        start = self._tag_starts.get(known, 0) if known is not None else 0
        return self._line_and_column(self._within(node, start, at) if at else start)

    def _within(self, node: etree._Element, start: int, at: str) -> int:
        """Find an attribute or a text of an element that begins there; one that is written otherwise is not found."""
        tag = _WHOLE_TAG.match(self.text, start)
        end = tag.end() if tag else start
        if node.get(at) is not None:
            names = re.compile(rf"\"[^\"]*\"|'[^']*'|(?<=\s)(?P<name>{re.escape(at)})(?=\s*=)")
            return next((found.start() for found in names.finditer(self.text, start, end) if found["name"]), start)
        before = "" if at.startswith("<") else r"(?<=>)\s*"
        text = re.compile(rf"{before}(?P<text>{re.escape(at)})").search(self.text, end)
        return text.start("text") if text else start

    def _line_and_column(self, offset: int) -> tuple[int, int]:
        """Count lines and columns from 1."""
        if not self._line_starts:
            self._line_starts = [0, *(match.end() for match in re.finditer("\n", self.text))]
        line = bisect_right(self._line_starts, offset)
        return line, offset - self._line_starts[line - 1] + 1

    def _fault_at(self, offset: int, message: str, hint: str) -> TemplateError:
        line, column = self._line_and_column(max(offset, 0))
        return TemplateError(message, place=Place(path=self.path, line=line, column=column), hint=hint)

    def _syntax_fault(self, cause: etree.XMLSyntaxError) -> TemplateError:
        """Make the error for what the parser cannot read: what it says in plain words, at the place people look for."""
        said = _SYNTAX_PLACE.sub("", str(cause.msg)).strip()
        for pattern, plain in _PLAINLY:
            if pattern.fullmatch(said):
                said = pattern.sub(plain, said)
                break
        line, column = cause.position
        offset = self._offset(line, column)
        begun = {"Comment not terminated": "<!--", "CDATA not terminated": "<![CDATA["}.get(said)
        if begun:
            offset = self.text.rfind(begun)
        elif opened := _OPENED.search(said):
            opener = self._opener(opened["tag"], int(opened["line"]), offset)
            place = "{}, column {}".format(*self._line_and_column(opener))
            said = f"{said[: opened.start('line')]}{place}{said[opened.end('line') :]}"
            offset = opener if said.startswith("Premature end") else offset
        return self._fault_at(offset, f"The MJML is not well-formed: {said}.", _ADVICE)

    def _offset(self, line: int, column: int) -> int:
        """Give the offset of a place in what was parsed, where names had become numbers."""
        self._line_and_column(0)
        if not 1 <= line <= len(self._line_starts):
            return 0
        start = self._line_starts[line - 1]
        end = self._line_starts[line] - 1 if line < len(self._line_starts) else len(self.text)
        moved = 0
        for match in HABITS_OF_HTML.finditer(self.text, start, end):
            written = mended(match)
            if match.start() - start + moved + len(written) > column:
                break
            moved += len(written) - len(match[0])
        # The parser stops behind what it cannot place; people look for where that begins.
        stopped = start + max(column - moved, 1) - 1
        begins = max(self.text.rfind(begin, start, stopped + len(begin) - 1) for begin in ("<", "&#", "]]>"))
        return begins if begins >= 0 else min(stopped, end)

    def _opener(self, tag: str, line: int, before: int) -> int:
        """Find the tag that was opened on a line and is not closed as it should be."""
        start = self._line_starts[line - 1]
        end = self._line_starts[line] if line < len(self._line_starts) else len(self.text)
        # The parser names the line on which the tag ends, and libxml2 counts no further than 65,535.
        found = [match.start() for match in re.finditer(rf"<{re.escape(tag)}(?=[\s/>])", self.text[:end])]
        opened = [offset for offset in found if offset < before or before < start]
        return opened[-1] if opened else start
