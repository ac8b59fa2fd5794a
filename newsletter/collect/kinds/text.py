"""Reads a page of articles that was pasted as plain text, as the SEUTU programme's article page is.

The rules, each learnt from the real page: a block that is only a date (`17.11.2017`) opens an article and the next
block is its title; the page ends where its pagination («) or its tweets (`@name: `) begin; a short last block that ends
in two capitalised names is the signature; blocks of hashtags are tags; a postscript and a bare site address at the end
are no text of the article. An address is taken only where one is printed: a word like "täällä" links nowhere.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from itertools import takewhile
from typing import Final

from newsletter.collect import markup
from newsletter.collect.dates import FIRST_YEAR_WRITTEN, read_date
from newsletter.collect.identity import canonical_url
from newsletter.collect.maker import Draft, Maker, Words
from newsletter.collect.problems import ProblemLog
from newsletter.domain.content import Article, Harvest, Snapshot, Source
from newsletter.errors import SourceError

_DATE = re.compile(r"\d{1,2}\.\s?\d{1,2}\.\s?\d{4}\Z")
_TWEET = re.compile(r"@\w+: ")
_POSTSCRIPT = re.compile(r"(?:P\.?\s?S\.?|PS)[:.\s]", re.IGNORECASE)
_HASHTAGS = re.compile(r"(?:#\w[\w-]*[\s,]*)+\Z")
_SITE = re.compile(r"(?:https?://)?(?:[a-z0-9-]+\.)+[a-z]{2,}/?\Z", re.IGNORECASE)
_NAME = re.compile(r"(?:\A|\s)(?P<name>[^\W\d_][\w'’-]+ (?:(?:von|af|de|van) )?[^\W\d_][\w'’-]+)\Z")
_ADDRESS = re.compile(r"(?:https?://|www\.(?=[a-z0-9-]+\.))[^\s<>\"”»)\]]+", re.IGNORECASE)
_BULLET = re.compile(r"\s*(?:[•·▪‣◦●*]|[-–—](?=\s))\s*")
_NUMBER = re.compile(r"(\d{1,2})[.)]\s+")
_SIGNATURE_CHARACTERS = 80
_HEADING_CHARACTERS = 200
_WORDS: Final = Words(
    noun="article",
    no_title="An article has a date but no title.",
    too_long="The article is longer than {} characters.",
    unread_date="{} is no day; the article has no date now.",
    date_hint="Mend the date.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Block:
    """Lines that stand together.

    Attributes:
        line: 1-based number of the first.
        lines: Without blank ones; spaces at their ends are gone.
    """

    line: int
    lines: tuple[str, ...]

    @property
    def text(self) -> str:
        """Give the block as one line."""
        return " ".join(line.strip() for line in self.lines)


def parse(snapshot: Snapshot, source: Source) -> Harvest:
    """Make articles of a pasted page.

    Raises:
        SourceError: It is no text, a web page's source code, or holds no line that is only a date.
    """
    maker = Maker(snapshot, source, _WORDS)
    blocks = list(takewhile(lambda block: not _ends_articles(block), _blocks(_text_of(snapshot, source))))
    starts = [index for index, block in enumerate(blocks) if _DATE.match(block.text)]
    if not starts:
        raise SourceError(
            f"Source {source.id!r}: no article was found.",
            hint="An article begins with a line that is only its date (17.11.2017), then a blank line, then the title.",
        )
    before = " ".join(block.text for block in blocks[: starts[0]])
    if len(before) > _HEADING_CHARACTERS:
        maker.problems.warn("The text before the first date was left out.", line=1, hint="Put a date line above it.")
    bounds = zip(starts, [*starts[1:], len(blocks)], strict=True)
    return maker.harvest(_article(blocks[start:end], source, maker) for start, end in bounds)


def _text_of(snapshot: Snapshot, source: Source) -> str:
    """Decode the page and refuse what is no pasted text."""
    try:
        text = markup.sound(markup.decode(snapshot.body))
    except UnicodeDecodeError as cause:
        raise SourceError(f"Source {source.id!r} is no text.", hint="Save the page's text as UTF-8.") from cause
    if re.match(r"\s*<(?:!doctype|html|\?xml)", text, re.IGNORECASE):
        raise SourceError(
            f"Source {source.id!r} is a web page's source code, not its text.",
            hint="Open the page in a browser, select all, copy, and paste it into a text file.",
        )
    return text.replace("\u00a0", " ").replace("\u200b", "").replace("\u00ad", "")


def _blocks(text: str) -> Iterator[_Block]:
    """Split at blank lines, and after a line that opens a block and is only a date."""
    running: list[str] = []
    for number, line in enumerate([*text.splitlines(), ""], start=1):
        if line.strip():
            running.append(line.rstrip())
        opens_article = len(running) == 1 and _DATE.match(line.strip()) is not None
        if running and (opens_article or not line.strip()):
            first = number - len(running) + (1 if opens_article else 0)
            yield _Block(line=first, lines=tuple(running))
            running = []


def _ends_articles(block: _Block) -> bool:
    """Tell whether pagination or tweets begin here; a quotation in « » is neither."""
    text = block.text
    return (text.startswith("«") and "»" not in text) or _TWEET.match(text) is not None


def _article(blocks: Sequence[_Block], source: Source, maker: Maker) -> Article | None:
    """Make one article of its date, title and the blocks that follow, or report why there is none."""
    opening, *rest = blocks
    if not rest:
        return maker.article(Draft(title="", item=opening.text, line=opening.line))
    heading, *under_it = rest[0].lines
    title = markup.one_line(heading)
    joined = [_Block(line=rest[0].line + 1, lines=tuple(under_it))] if under_it else []
    body, author, tags = _taken_apart([*joined, *rest[1:]], title, maker.problems)
    if not body:
        maker.problems.warn("The article has a title but no text.", item=title, line=rest[0].line)
    day = read_date(opening.text, source.zone, first_year=FIRST_YEAR_WRITTEN)
    return maker.article(
        Draft(
            title=heading,
            identity=f"{day.when if day else opening.text} {title}",
            line=opening.line,
            published=day.when if day else opening.text,
            authors=[author] if author else (),
            html=_html(body),
            tags=tags,
        )
    )


def _taken_apart(
    blocks: Sequence[_Block], title: str, problems: ProblemLog
) -> tuple[list[_Block], str | None, list[str]]:
    """Give the blocks that are text, the author and the tags."""
    tags = [tag for block in blocks if _HASHTAGS.match(block.text) for tag in re.findall(r"#([\w-]+)", block.text)]
    body = [block for block in blocks if not _HASHTAGS.match(block.text)]
    author = None
    while body:
        last = body[-1]
        if _POSTSCRIPT.match(last.text):
            problems.note("The postscript was left out.", item=title, line=last.line)
        elif author is None and (signed := _signature(last)) is not None and len(body) > 1:
            author = signed
        elif not _SITE.match(last.text):
            break
        body.pop()
    return body, author, tags


def _signature(block: _Block) -> str | None:
    """Give the name in a signature: a short block, no sentence, ending in two capitalised words."""
    text = block.text
    if len(text) > _SIGNATURE_CHARACTERS or len(block.lines) > len(("name", "title")) or _BULLET.match(text):
        return None
    for line in block.lines:
        match = _NAME.search(line.strip())
        if match and match["name"][0].isupper() and match["name"].split()[-1][0].isupper():
            return match["name"]
    return None


def _html(blocks: Sequence[_Block]) -> str:
    """Write blocks as HTML: paragraphs, bullets as lists, blocks numbered 1., 2., 3. as one list."""
    written: list[str] = []
    expected = 1
    for index, block in enumerate(blocks):
        number = _NUMBER.match(block.text)
        following = _NUMBER.match(blocks[index + 1].text) if index + 1 < len(blocks) else None
        counts_on = following is not None and int(following[1]) == expected + 1
        if number and int(number[1]) == expected and (expected > 1 or counts_on):
            written.append(
                ("<ol>" if expected == 1 else "")
                + f"<li>{_linked(block.text[number.end() :])}</li>"
                + ("" if counts_on else "</ol>")
            )
            expected = expected + 1 if counts_on else 1
        else:
            written.append(_paragraphs(block))
    return "".join(written)


def _paragraphs(block: _Block) -> str:
    """Write one block: text lines join into a paragraph, two or more bulleted lines (or one with a dot) into a list."""
    written: list[str] = []
    bullets = [line for line in block.lines if _BULLET.match(line)]
    # A single dash opens a quotation in Finnish: "– Olemme iloisia, hän sanoo."
    is_list = len(bullets) > 1 or any(not line.lstrip().startswith(("-", "–", "—")) for line in bullets)
    for line in block.lines:
        bullet = _BULLET.match(line) if is_list else None
        if bullet:
            item = f"<li>{_linked(line[bullet.end() :])}</li></ul>"
            joins = bool(written) and written[-1].endswith("</ul>")
            written.append(f"{written.pop().removesuffix('</ul>')}{item}" if joins else f"<ul>{item}")
        elif written and written[-1].endswith("</p>"):
            written.append(f"{written.pop().removesuffix('</p>')} {_linked(line.strip())}</p>")
        elif written and line.startswith((" ", "\t")):
            written.append(f"{written.pop().removesuffix('</li></ul>')} {_linked(line.strip())}</li></ul>")
        else:
            written.append(f"<p>{_linked(line.strip())}</p>")
    return "".join(written)


def _linked(text: str) -> str:
    """Escape text and make links of the addresses printed in it."""
    written: list[str] = []
    position = 0
    for match in _ADDRESS.finditer(text):
        printed = match[0].rstrip(".,;:!?…’'")
        address = canonical_url(printed if "://" in printed else f"http://{printed}")
        if address is not None:
            written.append(escape(text[position : match.start()]))
            written.append(f'<a href="{escape(address)}">{escape(printed)}</a>')
            position = match.start() + len(printed)
    return "".join(written) + escape(text[position:])
