"""What a screen reader says of a mail, in order, from Chromium's accessibility tree.

`python -m tests.web.browser.transcript` writes the golden files anew, for a person to read through.
"""

import re
import tempfile
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, sync_playwright

from newsletter.web.messages.mail import read_html
from newsletter.web.messages.readers import sample_reader
from newsletter.wiring import lay_out_publication, open_newsletter
from tests.web.browser.conftest import ARGUMENTS, CHROMIUM
from tests.web.conftest import LABEL

GOLDEN = Path(__file__).with_name("transcripts")
_UNSAID = re.compile("[\u00ad\u034f\u2007\u200b]")
_INLINE = {"StaticText", "InlineTextBox", "link", "strong", "emphasis", "LineBreak", "image"}

Node = Mapping[str, Any]


def transcript(page: Page) -> str:
    """Say the page that is shown: a line for each block, with what a reader hears of its kind."""
    session = page.context.new_cdp_session(page)
    nodes = {node["nodeId"]: node for node in session.send("Accessibility.getFullAXTree")["nodes"]}
    root = next(node for node in nodes.values() if not node.get("parentId"))
    lines = "".join(_said(root, nodes)).split("\n")
    return "\n".join(line for written in lines if (line := " ".join(written.split()))) + "\n"


def _said(node: Node, nodes: Mapping[str, Node]) -> Iterator[str]:
    """Say a node and what is in it."""
    role, name = _value(node, "role"), _UNSAID.sub("", _value(node, "name"))
    if role in ("StaticText", "LineBreak"):
        yield name if role == "StaticText" else " "
    elif role == "link":
        yield f" [link: {name}] "
    elif role == "image":
        yield f" [image: {name}] " if name else ""
    else:
        is_block = not node.get("ignored") and role not in _INLINE
        yield "\n" if is_block else ""
        yield _opening(node, role)
        for child in node.get("childIds", ()):
            if child in nodes:
                yield from _said(nodes[child], nodes)
        yield "\n" if is_block else ""


def _opening(node: Node, role: str) -> str:
    """Say what begins, where a reader is told so."""
    if role == "heading":
        level = next(one["value"]["value"] for one in node["properties"] if one["name"] == "level")
        return f"[heading {level}] "
    return {"list": "[list]\n", "listitem": "- ", "table": "[table]\n"}.get(role, "")


def _value(node: Node, name: str) -> str:
    return str(node.get(name, {}).get("value", ""))


def letters(publication: Path) -> dict[str, str]:
    """Give the HTML of every edition as a sample reader gets it."""
    with open_newsletter(publication / "newsletter.toml") as newsletter:
        made = {}
        for message in newsletter.issues.render(LABEL).messages:
            reader = sample_reader(message.edition.language)
            mail = newsletter.deliveries.specimen(message, address=reader.address, name=reader.name)
            made[str(message.edition)] = read_html(mail) or ""
    return made


def main() -> None:
    """Write every golden file."""
    GOLDEN.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as temporary, sync_playwright() as playwright:
        folder = Path(temporary) / "sample"
        lay_out_publication(folder)
        with open_newsletter(folder / "newsletter.toml") as newsletter:
            newsletter.items.collect()
            newsletter.issues.new(LABEL, planned=date(2017, 11, 24))
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(ARGUMENTS))
        page = browser.new_page()
        for name, html in letters(folder).items():
            page.set_content(html)
            (GOLDEN / f"{name}.txt").write_text(transcript(page), encoding="utf-8")
        browser.close()


if __name__ == "__main__":
    main()
