"""Derive newsletter/check/client_support.json: which mail programs lack which feature of CSS.

Run it on the unpacked npm package `caniemail` (MIT), whose data come from the community's tests:

    npm pack caniemail && tar xzf caniemail-*.tgz
    python docs/make_client_support.py package

Kept: features that a check can recognise in a style, and that at least one of our mail programs lacks. Either way,
also without a package, the table of docs/mail.md is written anew: what our templates use and Outlook for Windows lacks.
"""

import json
import re
import shutil
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from newsletter.check.clients import used_features  # noqa: E402 - found by the line above
from newsletter.check.page.html import read_page  # noqa: E402
from newsletter.render.brand import read_brand  # noqa: E402
from newsletter.render.make_message import make_message  # noqa: E402
from tests.render.samples import PUBLICATION, TEMPLATES, sample_edition  # noqa: E402

MAIL_PAGE = Path(__file__).with_name("mail.md")
OPENS, CLOSES = "<!-- made by make_client_support.py -->", "<!-- end -->"
OUTLOOK = "Outlook (Windows)"
FALLBACKS = {
    "border-radius": "square corners, also of the face",
    "max-height": "nothing: it hides the preheader, which `mso-hide: all` hides there",
    "overflow": "nothing, for the same reason",
    "outline": "nothing: MJML takes the browser's outline from pictures",
    "word-spacing": "nothing: MJML sets the normal one",
}
"""What readers with Outlook see instead."""
TARGET = Path(__file__).parents[1] / "newsletter" / "check" / "client_support.json"

CLIENTS = {
    ("apple-mail", "macos"): "Apple Mail (Mac)",
    ("apple-mail", "ios"): "Apple Mail (iPhone)",
    ("gmail", "desktop-webmail"): "Gmail (web)",
    ("gmail", "ios"): "Gmail (iPhone)",
    ("gmail", "android"): "Gmail (Android)",
    ("outlook", "windows"): "Outlook (Windows)",
    ("outlook", "macos"): "Outlook (Mac)",
    ("outlook", "outlook-com"): "Outlook.com",
    ("outlook", "ios"): "Outlook (iPhone)",
    ("outlook", "android"): "Outlook (Android)",
    ("samsung-email", "android"): "Samsung Email",
}
"""The programs that an office in Finland writes to."""

SIGNS = {
    "css-block-inline-size": [("property", "block-size"), ("property", "inline-size")],
    "css-display-flex": [("display", "flex"), ("display", "inline-flex")],
    "css-display-grid": [("display", "grid"), ("display", "inline-grid")],
    "css-display-none": [("display", "none")],
    "css-gap": [("property", "gap"), ("property", "column-gap"), ("property", "row-gap")],
    "css-left-right-top-bottom": [("property", side) for side in ("left", "right", "top", "bottom")],
    "css-modern-color": [("value", f"{name}(") for name in ("lch", "oklch", "lab", "oklab")],
    "css-variables": [("value", "var(")],
    "css-important": [],
    "css-intrinsic-size": [("value", f"{size}-content") for size in ("fit", "min", "max")],
    "css-sytem-ui": [("value", "system-ui"), ("value", "ui-sans-serif"), ("value", "ui-serif")],
    "css-unit-calc": [("value", "calc(")],
    "css-unit-initial": [("value", "initial")],
    "css-unit-percent": [],
    "css-unit-px": [],
    "css-linear-gradient": [("value", "linear-gradient(")],
    "css-radial-gradient": [("value", "radial-gradient(")],
    "css-conic-gradient": [("value", "conic-gradient(")],
    "css-rgb": [("value", "rgb(")],
    "css-rgba": [("value", "rgba(")],
    "css-at-media": [("at", "media")],
    "css-at-media-prefers-color-scheme": [("media", "prefers-color-scheme")],
    "css-at-media-prefers-reduced-motion": [("media", "prefers-reduced-motion")],
    "css-at-media-hover": [("media", "hover")],
    "css-at-media-orientation": [("media", "orientation")],
    "css-at-media-device-pixel-ratio": [("media", "device-pixel-ratio")],
    "css-comments": [],
    "css-nesting": [],
    "css-inert-attribute": [],
    "css-grid-template": [("property", f"grid-template-{part}") for part in ("columns", "rows", "areas")],
    "css-scroll-snap": [("property", f"scroll-snap-{part}") for part in ("type", "align")],
    "css-column-layout-properties": [("property", name) for name in ("columns", "column-width", "column-rule")],
    "css-border-radius-logical": [
        ("property", f"border-{block}-{inline}-radius") for block in ("start", "end") for inline in ("start", "end")
    ],
    "css-border-inline-block": [("property", "border-inline"), ("property", "border-block")],
    "css-border-inline-block-longhand": [
        ("property", f"border-{axis}-{part}") for axis in ("inline", "block") for part in ("width", "style", "color")
    ],
    "css-border-inline-block-individual": [
        ("property", f"border-{axis}-{side}") for axis in ("inline", "block") for side in ("start", "end")
    ],
    **{
        f"css-{box}-inline-block": [("property", f"{box}-inline"), ("property", f"{box}-block")]
        for box in ("margin", "padding")
    },
    **{
        f"css-{box}-{axis}-start-end": [("property", f"{box}-{axis}-{side}") for side in ("start", "end")]
        for box in ("margin", "padding")
        for axis in ("inline", "block")
    },
}
"""Where a feature's short name does not say by itself what to look for; an empty list leaves the feature out."""


def signs_of(slug: str) -> list[tuple[str, str]]:
    """Give what betrays the use of a feature: kind and text."""
    if slug in SIGNS:
        return SIGNS[slug]
    name = slug.removeprefix("css-")
    for prefix, kind, mark in (
        ("at-", "at", ""),
        ("pseudo-class-", "selector", ":"),
        ("pseudo-element-", "selector", "::"),
        ("function-", "value", ""),
        ("unit-", "unit", ""),
    ):
        if name.startswith(prefix):
            text = mark + name.removeprefix(prefix)
            return [(kind, f"{text}(" if kind == "value" else text)]
    return [] if name.startswith("selector-") else [("property", name)]


def newest(versions: dict[str, str]) -> str:
    """Give the answer for the highest version: the lists are not always in order."""
    highest = max(versions, key=lambda version: [int(number) for number in re.findall(r"\d+", version)])
    return versions[highest]


def derive(package: Path) -> dict[str, object]:
    """Make the table from the unpacked package."""
    tested = json.loads((package / "data" / "caniemail.json").read_text("utf-8"))
    version = json.loads((package / "package.json").read_text("utf-8"))["version"]
    features = []
    for feature in tested["data"]:
        signs = signs_of(feature["slug"]) if feature["category"] == "css" else []
        answers = {
            name: newest(feature["stats"][family][platform])
            for (family, platform), name in CLIENTS.items()
            if feature["stats"].get(family, {}).get(platform)
        }
        lacking = [name for name, answer in answers.items() if answer.startswith("n")]
        if signs and lacking:
            features.append(
                {"name": feature["title"].removesuffix(" property").strip(), "signs": signs, "lacking": lacking}
            )
    return {
        "source": f"npm package caniemail {version}",
        "licence": "MIT, see client_support.LICENSE",
        "updated": tested["last_update_date"][:10],
        "clients": list(CLIENTS.values()),
        "features": features,
    }


def write(table: dict[str, object], path: Path) -> None:
    """Write one feature a line, so that a refresh can be reviewed."""
    head = {name: value for name, value in table.items() if name != "features"}
    features = table["features"]
    assert isinstance(features, list)
    lines = ",\n    ".join(json.dumps(feature, ensure_ascii=False) for feature in features)
    opening = json.dumps(head, ensure_ascii=False, indent=2).removesuffix("\n}")
    path.write_text(f'{opening},\n  "features": [\n    {lines}\n  ]\n}}\n', "utf-8")


def outlook_table() -> str:
    """Say what the mails of every look use that Outlook for Windows lacks, and what is seen there instead."""
    lacking: dict[str, None] = {}
    for look in ("office", "magazine", "plain"):
        brand = read_brand(TEMPLATES / "brand.toml", look=look).model_copy(update={"logo": None})
        message = make_message(
            sample_edition(), publication=PUBLICATION, brand=brand.model_dump(), folder=TEMPLATES, shown_as=TEMPLATES
        )
        used = used_features(read_page(message.html))
        lacking |= dict.fromkeys(feature.name for feature in used if OUTLOOK in feature.lacking)
    rows = [f"| `{name}` | {FALLBACKS[name]} |" for name in sorted(lacking)]
    return "\n".join(["| Outlook for Windows lacks | what its readers see instead |", "|---|---|", *rows])


def page_with(table: str, page: str) -> str:
    """Give docs/mail.md with the table in its place."""
    before, _, rest = page.partition(OPENS)
    _, _, after = rest.partition(CLOSES)
    return f"{before}{OPENS}\n{table}\n{CLOSES}{after}"


if __name__ == "__main__":
    if sys.argv[1:]:
        unpacked = Path(sys.argv[1])
        write(derive(unpacked), TARGET)
        shutil.copyfile(unpacked / "LICENSE", TARGET.with_suffix(".LICENSE"))
        print(f"Wrote {TARGET.name} ({TARGET.stat().st_size:,} bytes) and its licence.")
    MAIL_PAGE.write_text(page_with(outlook_table(), MAIL_PAGE.read_text("utf-8")), "utf-8")
    print(f"Wrote the table of {MAIL_PAGE.name}.")
