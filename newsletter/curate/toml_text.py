"""Write single values as TOML, in the form that is pleasantest to edit. Knows nothing of issues.

Doors: `inline` for one line of text, `block` for paragraphs, `moment` for a day or a time, `comment` for a remark.
"""

import json
import re
from datetime import date, datetime
from zoneinfo import ZoneInfo

_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_CONTROL_IN_BLOCK = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")


def inline(text: str) -> str:
    """Write a text as one line; in single quotation marks where double ones would need backslashes."""
    if ('"' in text or "\\" in text) and "'" not in text and not _CONTROL.search(text):
        return f"'{text}'"
    return _escaped(text)


def block(text: str) -> str:
    """Write a text as lines of its own between triple marks; a reader strips the line feeds at both ends.

    Literal, so that a backslash of Markdown stays one, unless the text itself holds what only an escape can say.
    """
    if "'''" not in text and not _CONTROL_IN_BLOCK.search(text):
        return f"'''\n{text}\n'''"
    lines = (_escaped(line)[1:-1] for line in text.split("\n"))
    return '"""\n' + "\n".join(lines) + '\n"""'


def moment(when: date | datetime, zone: ZoneInfo) -> str:
    """Write a day as itself, and a moment as the time on the wall in the zone.

    Without an offset, an editor who moves an event from March to April cannot be an hour wrong. Only in the hour that
    autumn repeats, the second time carries its offset.
    """
    if not isinstance(when, datetime):
        return when.isoformat()
    local = when.astimezone(zone)
    wall = local.replace(tzinfo=None, fold=0)
    is_repeated = wall.replace(tzinfo=zone).utcoffset() != local.utcoffset()
    return local.isoformat() if is_repeated else wall.isoformat()


def comment(text: str) -> str:
    """Write a remark on one line, whatever it holds."""
    return f"# {_CONTROL.sub(' ', ' '.join(text.split()))}"


def _escaped(text: str) -> str:
    """Write a basic string. JSON's escapes are TOML's but for one: TOML wants DEL escaped too."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
