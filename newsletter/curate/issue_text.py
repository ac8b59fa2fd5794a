"""Write an issue as the text of issue.toml, made for a person: words first, machine's marks last, reasons as comments.

Doors: `draft_text` for a whole file, `item_text` for the table of one item.
"""

import re
from collections.abc import Iterable, Iterator, Sequence

from newsletter.curate.draft import Draft
from newsletter.curate.steps.change import member
from newsletter.curate.toml_text import block, comment, inline, moment
from newsletter.domain.content import ItemKey, Language
from newsletter.domain.issue import IssueItem, ItemMark, ItemVariant
from newsletter.domain.pick import LeftOutItem, Offer, Pick, PickGrade
from newsletter.domain.publication import Publication

LEFT_OUT_HEADING = "Left out when this file was made"
_MARKS = {
    ItemMark.NEW: "no issue had it before",
    ItemMark.MOVED: "an earlier issue told another time or place",
    ItemMark.LAST_DAYS: "registration ends soon",
}
_RULE = "# " + "-" * 78
_OFFERS = {
    Offer.NEW: "NEW ",
    Offer.UPDATED: "updated since ",
    Offer.OTHERS: "told to others ",
    Offer.DUPLICATE: "possible duplicate ",
    Offer.MENTION: "mention only ",
}
"""As what an item is offered, before its key; of the others its reason says it."""
_LEFT_OUT_LINE = re.compile(
    rf"^# \+(?P<number>\d{{1,5}}) (?P<mark>(?:{'|'.join(_OFFERS.values())})?)"
    r'(?P<key>[a-z0-9-]+) "(?P<title>[^\r\n]*)"\r?$',
    re.MULTILINE,
)
_COMMENTS = re.compile(r"(?:\n#     [^\n]*)*+\n?")


def draft_text(draft: Draft, publication: Publication) -> str:
    """Write a draft as a complete file."""
    reasons = reasons_of(draft)
    parts = [
        _opening(draft, publication),
        *(_edition_text(draft, language) for language in draft.words),
        _order_text(draft),
        *(item_text(item, publication, reasons=reasons.get(key, ())) for key, item in draft.items.items()),
        left_out_heading(draft) + left_out_text(draft, list(draft.left_out)) if draft.left_out else "",
    ]
    return "\n".join(part for part in parts if part)


def item_text(item: IssueItem, publication: Publication, *, reasons: Iterable[str] = ()) -> str:
    """Write the table of one item, as it can be pasted into an issue.toml.

    The reasons stand above the table.
    """
    lines = [comment(reason) for reason in reasons]
    lines += [f"[item.{item.key}]", f"kind = {inline(item.kind)}", f"title = {inline(item.title)}"]
    lines += [f"lead = {inline(item.lead)}"]
    for name, text in (
        ("link", item.link),
        ("form", item.form),
        ("section", item.section),
        ("place", item.place),
        ("address", item.address),
        ("registration", item.registration),
        ("author", item.author),
    ):
        if text is not None:
            lines.append(f"{name} = {inline(text)}")
    if item.image is not None:
        lines += [f"image = {inline(item.image)}", f"image_alt = {inline(item.image_alt)}"]
    for name, when in (
        ("published", item.published),
        ("start", item.start),
        ("end", item.end),
        ("register_by", item.register_by),
    ):
        if when is not None:
            lines.append(f"{name} = {moment(when, publication.zone)}")
    if item.mark is not None:
        lines.append(f"mark = {inline(item.mark)} # {_MARKS[item.mark]}")
    for name, text in (("language", item.language), ("source", item.source_id), ("fingerprint", item.fingerprint)):
        if text is not None:
            lines.append(f"{name} = {inline(text)}")
    if item.body:
        lines.append(f"body = {block(item.body)}")
    tables = (variant_text(item.key, language, variant) for language, variant in item.variants.items())
    return "\n".join(("\n".join(lines) + "\n", *tables))


def variant_text(key: ItemKey, language: Language, variant: ItemVariant) -> str:
    """Write the table of an item's words in a further language."""
    return "\n".join((f"[item.{key}.{language}]", *_variant_lines(variant))) + "\n"


def reasons_of(draft: Draft) -> dict[ItemKey, list[str]]:
    """Give what was decided about each item, a line for each segment, or one line where all say the same."""
    decided: dict[ItemKey, list[Pick]] = {}
    for pick in draft.picks:
        decided.setdefault(pick.key, []).append(pick)
    return {key: _reasons(picks, is_picked=key in draft.items) for key, picks in decided.items()}


def _reasons(picks: Sequence[Pick], *, is_picked: bool) -> list[str]:
    said = {_decision(pick, is_picked=is_picked) for pick in picks}
    if len(said) == 1 and len(picks) > 1:
        return [f"all segments: {said.pop()}"]
    return [f"{pick.segment_id}: {_decision(pick, is_picked=is_picked)}" for pick in picks]


def _decision(pick: Pick, *, is_picked: bool) -> str:
    """Say why, and of an item that others get, whether this segment does."""
    return f"left out, {pick.reason}" if is_picked and pick.grade is PickGrade.LEFT_OUT else pick.reason


def _opening(draft: Draft, publication: Publication) -> str:
    """Write what an editor needs to know, and the issue's own keys."""
    return "\n".join(
        (
            f"# Issue {draft.label}, yours to edit: every word below is what readers will see.",
            "#",
            "# To move an item, move its key within [order]. To leave one out, take its key out there, but let its",
            f"# table stay: `newsletter issue new {draft.label} --update` adds what has no table. `issue move`,",
            "# `drop`, `take` and `edit` do the same from the command line, and `undo` takes it back. A comment above",
            "# each item says why it was picked. Your own comments stay where you put them.",
            "# An item's words in another language stand in a table below its own, such as [item.KEY.sv]; a picture",
            '# is image = "content/images/x.jpg", with what it shows in image_alt. How much of an item readers get is',
            '# form = "whole", "lead" or "title"; without it the first is whole, others are cut where a link leads on.',
            f"# Times are those of {publication.zone.key}.",
            "",
            f"label = {inline(draft.label)}",
            f"date = {draft.date.isoformat()} # the planned day of sending: what is coming or past is seen from it",
            *_blocks_said(publication),
            "",
        )
    )


def _blocks_said(publication: Publication) -> list[str]:
    """Write how to leave out what stands in every issue, where anything does."""
    names = ", ".join(inline(block.id) for block in publication.blocks)
    return [f"# leave_out = [{names}] # blocks of newsletter.toml that this issue goes without"] if names else []


def _edition_text(draft: Draft, language: Language) -> str:
    """Write the words of one language; where there are several segments, say how one gets words of its own."""
    words = draft.words[language]
    table = (
        f"[edition.{language}]\nsubject = {inline(words.subject)}\npreheader = {inline(words.preheader)}\n"
        f"greeting = {block(words.greeting)}\n"
    )
    if len(draft.order) > 1:
        own = f"[edition.{language}.{list(draft.order)[-1]}]"
        table += f"\n# A table {own} may give that segment another subject, preheader or greeting.\n"
    return table


def _order_text(draft: Draft) -> str:
    lines = ["[order]"]
    for segment, keys in draft.order.items():
        members = [member(key, draft.items[key].title) for key in keys]
        lines += [f"{segment} = [", *(f"  {one.raw},{one.remark}" for one in members), "]"]
    return "\n".join(lines) + "\n"


def _variant_lines(variant: ItemVariant) -> Iterator[str]:
    """Write the words of an item in a further language."""
    for name, text in (
        ("title", variant.title),
        ("lead", variant.lead),
        ("link", variant.link),
        ("place", variant.place),
        ("image_alt", variant.image_alt),
    ):
        if text is not None:
            yield f"{name} = {inline(text)}"
    if variant.body is not None:
        yield f"body = {block(variant.body)}"


def left_out_heading(draft: Draft) -> str:
    """Write what the comments below it are, and how to take an item in."""
    return f"{_RULE}\n{comment(f'{LEFT_OUT_HEADING}. To take one in: newsletter issue take {draft.label} +1')}\n"


def left_out_text(draft: Draft, keys: Sequence[ItemKey], *, first: int = 1, is_later: bool = False) -> str:
    """Write items that nobody gets as comments: each with its number, as what it is offered, and why.

    Args:
        draft: That they were left out of.
        keys: Which, in their order.
        first: The number of the first.
        is_later: They came after the file was made, which is news to its editor.
    """
    offers: dict[ItemKey, Offer] = {}
    for pick in draft.picks:
        if pick.offer is not None:
            offers[pick.key] = min(pick.offer, offers.get(pick.key, pick.offer), key=lambda offer: offer.rank)
    reasons, lines = reasons_of(draft), []
    for number, key in enumerate(keys, start=first):
        mark = _OFFERS[Offer.NEW] if is_later else _OFFERS.get(offers.get(key, Offer.OUTSIDE), "")
        lines += ["#", comment(f'+{number} {mark}{key} "{draft.left_out[key]}"')]
        lines += [f"#     {comment(reason)[2:]}" for reason in reasons.get(key, ())]
    return "\n".join(lines) + "\n"


def after_left_out(text: str) -> int | None:
    """Give the offset behind the comments of the last item that a file says was left out; None where it says none."""
    matches = list(_LEFT_OUT_LINE.finditer(text))
    if not matches:
        return None
    rest = _COMMENTS.match(text, matches[-1].end())
    return rest.end() if rest else matches[-1].end()


def left_out_in(text: str) -> tuple[LeftOutItem, ...]:
    """Read from the comments of a file what was left out of it, in its order; each key once."""
    found = {
        ItemKey(match["key"]): LeftOutItem(
            number=int(match["number"]), key=ItemKey(match["key"]), title=match["title"], mark=match["mark"].strip()
        )
        for match in _LEFT_OUT_LINE.finditer(text)
    }
    return tuple(found.values())
