"""Reads the front matter of a Markdown file: YAML between two lines of `---`, where every value is text.

YAML has opinions about what people write (`no` is false, 9:00 is 540, 00530 is 344); here it has none, and what a value
means is decided by whoever asks for it. Its door is `read_front_matter`.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

import yaml

_FENCED = re.compile(r"-{3,}[ \t]*\n(?P<matter>.*?)^-{3,}[ \t]*$\n?(?P<body>.*)", re.DOTALL | re.MULTILINE)
_TAGS = {f"tag:yaml.org,2002:{shape}" for shape in ("str", "seq", "map")}
"""What the loader itself gives to a text, a list and a table."""
_FIRST_LINE = 2
"""Of the front matter, 1-based: the first line of the file is the fence."""


class FrontMatterError(ValueError):
    """The front matter cannot be read.

    Attributes:
        line: 1-based line in the file, or None.
    """

    def __init__(self, message: str, *, line: int | None = None, hint: str | None = None) -> None:
        super().__init__(message)
        self.line = line
        self.hint = hint


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """What stands behind one key.

    Attributes:
        texts: One text, or several where a list was written; none where nothing, or only a comment, was.
        line: 1-based line in the file.
        is_list: True when it was written as a list.
    """

    texts: tuple[str, ...]
    line: int
    is_list: bool = False


def read_front_matter(text: str) -> tuple[Mapping[str, Field], str]:
    """Give the fields of a file, and what follows the front matter.

    Raises:
        FrontMatterError: There is none, it is no YAML, has a key twice, or a value that is neither text nor a list of
            texts.
    """
    match = _FENCED.match(text)
    if match is None:
        raise FrontMatterError(
            "The file has no front matter.",
            line=1,
            hint='Begin it with a line `---`, then `title: "..."` and `published: 17.11.2017`, then a line `---`.',
        )
    try:
        # BaseLoader knows no types and makes no objects; compose keeps the lines.
        tree = yaml.compose(match["matter"], Loader=yaml.BaseLoader)
    except yaml.MarkedYAMLError as cause:
        line = cause.problem_mark.line + _FIRST_LINE if cause.problem_mark else None
        raise FrontMatterError(
            f"The front matter is no YAML: {cause.problem or 'it cannot be read'}.",
            line=line,
            hint='Put the value in quotes (title: "Mikroyritykset: kasvuun"); a colon, # or quotation mark needs them.',
        ) from cause
    except yaml.YAMLError as cause:
        raise FrontMatterError("The front matter is no YAML.", line=1, hint="Remove unusual characters.") from cause
    if not isinstance(tree, yaml.MappingNode):
        raise FrontMatterError("The front matter has no keys.", line=1, hint='Write lines like `title: "..."`.')
    return _fields(tree), match["body"]


def _fields(tree: yaml.MappingNode) -> dict[str, Field]:
    """Give the keys with their texts and lines."""
    fields: dict[str, Field] = {}
    for key_node, value_node in tree.value:
        key, line = str(key_node.value), key_node.start_mark.line + _FIRST_LINE
        if key in fields:
            raise FrontMatterError(f"The key {key!r} stands twice.", line=line, hint="Remove one of them.")
        nodes = value_node.value if isinstance(value_node, yaml.SequenceNode) else [value_node]
        if tagged := [node.tag for node in (key_node, value_node, *nodes) if node.tag not in _TAGS]:
            raise FrontMatterError(
                f"The value of {key!r} has the YAML tag {tagged[0]!r}, which is not read.",
                line=line,
                hint="Take the ! and the word after it away, or put the value in quotes.",
            )
        if not all(isinstance(node, yaml.ScalarNode) for node in nodes):
            raise FrontMatterError(
                f"The value of {key!r} is neither text nor a list of texts.", line=line, hint="Put it in quotes."
            )
        texts = tuple(text for node in nodes if (text := " ".join(node.value.split())))
        fields[key] = Field(texts=texts, line=line, is_list=isinstance(value_node, yaml.SequenceNode))
    return fields
