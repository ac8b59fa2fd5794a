"""The facts of MJML, and what our compiler makes of each attribute."""

import json
import re
from importlib.resources import files

import pytest
from mjml import mjml2html

from newsletter.render.compiler.schema import IGNORED, KNOWN, REFUSED, attribute_complaint, nesting_complaint

FACTS = json.loads(files("newsletter.render.compiler").joinpath("mjml_schema.json").read_bytes())
PICTURE = "https://www.malli.example/kuva.png"
# Some attributes show only beside another one; those of one tag are set one after the other.
COLUMN = "<mj-section><mj-column>{}</mj-column></mj-section>"
SAMPLES = {
    "mj-accordion": "<mj-accordion {}>{accordion}</mj-accordion>",
    "mj-accordion-element": "<mj-accordion><mj-accordion-element {}>{parts}</mj-accordion-element></mj-accordion>",
    "mj-accordion-text": "<mj-accordion><mj-accordion-element><mj-accordion-title>a</mj-accordion-title>"
    "<mj-accordion-text {}>a</mj-accordion-text></mj-accordion-element></mj-accordion>",
    "mj-accordion-title": "<mj-accordion><mj-accordion-element><mj-accordion-title {}>a</mj-accordion-title>"
    "</mj-accordion-element></mj-accordion>",
    "mj-button": '<mj-button href="https://a.example" {}>a</mj-button>',
    "mj-carousel": '<mj-carousel {}><mj-carousel-image src="{picture}"/>'
    '<mj-carousel-image src="{picture}"/></mj-carousel>',
    "mj-carousel-image": '<mj-carousel><mj-carousel-image src="{picture}" href="https://a.example" {}/>'
    '<mj-carousel-image src="{picture}"/></mj-carousel>',
    "mj-divider": "<mj-divider {}/>",
    "mj-image": '<mj-image src="{picture}" href="https://a.example" srcset="{picture} 2x" {}/>',
    "mj-navbar": '<mj-navbar hamburger="hamburger" {}><mj-navbar-link href="/a">a</mj-navbar-link></mj-navbar>',
    "mj-navbar-link": '<mj-navbar><mj-navbar-link href="/a" {}>a</mj-navbar-link></mj-navbar>',
    "mj-social": '<mj-social {}><mj-social-element name="facebook" href="https://a.example">a</mj-social-element>'
    "</mj-social>",
    "mj-social-element": '<mj-social><mj-social-element name="facebook" href="https://a.example" {}>a'
    "</mj-social-element></mj-social>",
    "mj-spacer": "<mj-spacer {}/>",
    "mj-table": "<mj-table {}><tr><td>a</td></tr></mj-table>",
    "mj-text": "<mj-text {}>a</mj-text>",
}
OUTSIDE = {
    "mj-body": "<mj-body {}><mj-section></mj-section></mj-body>",
    "mj-column": '<mj-body><mj-section><mj-column padding="5px" {}>{text}</mj-column></mj-section></mj-body>',
    "mj-group": "<mj-body><mj-section><mj-group {}><mj-column>{text}</mj-column></mj-group></mj-section></mj-body>",
    "mj-hero": '<mj-body><mj-hero height="300px" background-url="{picture}" background-width="600px" '
    'background-height="400px" {}>{text}</mj-hero></mj-body>',
    "mj-section": '<mj-body><mj-section background-url="{picture}" {}><mj-column>{text}</mj-column>'
    "<mj-column>{text}</mj-column></mj-section></mj-body>",
    "mj-wrapper": '<mj-body><mj-wrapper background-url="{picture}" {}><mj-section><mj-column>{text}</mj-column>'
    "</mj-section><mj-section></mj-section></mj-wrapper></mj-body>",
    "mj-breakpoint": "<mj-head><mj-breakpoint {}/></mj-head><mj-body>{row}</mj-body>",
}
ROOT = "<mjml {}><mj-body></mj-body></mjml>"
VALUES = {
    "color": ["#123456"],
    "unit": ["37px", "13%"],
    "unitWithNegative": ["3px"],
    "boolean": ["true"],
    "integer": ["7"],
    "string": ["x17", "1px solid #123456", "fluid-height", PICTURE, "300px"],
}


def document(tag: str, attribute: str) -> str:
    """Give MJML with a tag that has an attribute."""
    if tag == "mjml":
        return ROOT.replace("{}", attribute)
    written = OUTSIDE.get(tag) or f"<mj-body>{COLUMN.replace('{}', SAMPLES[tag])}</mj-body>"
    parts = "<mj-accordion-title>a</mj-accordion-title><mj-accordion-text>a</mj-accordion-text>"
    pieces = {
        "{accordion}": f"<mj-accordion-element>{parts}</mj-accordion-element>",
        "{parts}": parts,
        "{picture}": PICTURE,
        "{row}": "<mj-section><mj-column><mj-text>a</mj-text></mj-column></mj-section>",
        "{text}": "<mj-text>a</mj-text>",
        "{}": attribute,
    }
    for mark, piece in pieces.items():
        written = written.replace(mark, piece)
    if attribute:
        # The compiler takes the last of two; the sample's own comes first and would hide a refusal of the name.
        name = attribute.partition("=")[0]
        written = re.sub(rf' {re.escape(name)}="[^"]*"(?=[^<>]* {re.escape(attribute)})', "", written)
    return f"<mjml>{written}</mjml>"


def compiled(tag: str, attribute: str) -> str:
    """Compile it, without the numbers that differ from run to run."""
    html = mjml2html(document(tag, attribute), disable_comments=True, fonts={})
    return re.sub(r"\b[0-9a-f]{16}\b|mj-carousel-\w+|for=\"\w+\"|id=\"\w+\"", "", html)


def values(kind: str) -> list[str]:
    """Give values of a kind that are no default."""
    name, _, rest = kind.partition("(")
    if name == "enum":
        return [word for word in rest.rstrip(")").split(",") if word]
    return VALUES[name]


def test_what_the_compiler_ignores_is_what_we_say_it_does() -> None:
    """Each attribute of the schema is set in turn: those without any effect are the ones that are warned of."""
    ignored = {
        tag: frozenset(
            name
            for name, kind in FACTS["tags"][tag]["attributes"].items()
            if all(compiled(tag, f'{name}="{value}"') == compiled(tag, "") for value in values(kind))
        )
        for tag in (*SAMPLES, *OUTSIDE, "mjml")
    }

    assert {tag: names for tag, names in ignored.items() if names} == IGNORED


def test_facts_name_their_source() -> None:
    """The file says what it was derived from."""
    assert (FACTS["source"], FACTS["licence"]) == ("mjml", "MIT")
    assert len(FACTS["tags"]) == 32


@pytest.mark.parametrize(
    ("tag", "name", "value", "complaint"),
    [
        ("mj-text", "color", "#123abc", None),
        ("mj-text", "color", "#12", "The attribute 'color' of mj-text takes a colour, not '#12'."),
        ("mj-text", "color", "punainen", "The attribute 'color' of mj-text takes a colour, not 'punainen'."),
        ("mj-text", "color", "Red", None),
        ("mj-text", "color", "rgba(1, 2, 3, 0.5)", None),
        ("mj-text", "color", "anyvalue0", None),
        ("mj-text", "padding", "0 10px 5% 0.5px", None),
        ("mj-text", "padding", "10", "The attribute 'padding' of mj-text takes 1 to 4 numbers with px or %, not '10'."),
        ("mj-text", "padding", "1px 2px 3px 4px 5px", "takes 1 to 4 numbers with px or %"),
        ("mj-text", "line-height", "1.6", None),
        ("mj-text", "letter-spacing", "-0.3px", None),
        ("mj-text", "font-size", "-3px", "The attribute 'font-size' of mj-text takes a number with px, not '-3px'."),
        ("mj-text", "align", "middle", "takes one of left, right, center, justify, not 'middle'."),
        ("mj-image", "height", "auto", None),
        ("mj-image", "fluid-on-mobile", "maybe", "takes true or false"),
        ("mj-table", "cellpadding", "a", "takes a whole number"),
        ("mj-text", "css-class", "x", None),
        ("mj-all", "color", "x", None),
        ("mj-all", "colour", "x", "No tag has an attribute 'colour', so it is ignored."),
        ("mj-class", "name", "x", None),
        ("mj-text", "colour", "red", "mj-text has no attribute 'colour', so it is ignored. Did you mean 'color'?"),
        ("mj-text", "zzz", "red", "mj-text has no attribute 'zzz', so it is ignored."),
        ("mj-wrapper", "gap", "5px", "The compiler ignores the attribute 'gap' of mj-wrapper."),
    ],
)
def test_attributes_are_held_to_the_facts(tag: str, name: str, value: str, complaint: str | None) -> None:
    """Names and values that MJML does not know, or our compiler not, are told; all others are not."""
    found = attribute_complaint(tag, name, value)

    assert (found is None) == (complaint is None)
    assert complaint is None or complaint in (found or "")


@pytest.mark.parametrize(
    ("parent", "tag", "complaint"),
    [
        ("mj-column", "mj-text", None),
        ("mj-attributes", "mj-text", None),
        ("mj-body", "mj-text", "mj-text cannot stand in mj-body; it belongs in mj-column or mj-hero."),
        ("mj-head", "mj-class", "mj-class cannot stand in mj-head."),
    ],
)
def test_tags_stand_where_they_belong(parent: str, tag: str, complaint: str | None) -> None:
    """Where a tag cannot stand, the places where it can are named."""
    assert nesting_complaint(parent, tag) == complaint


def test_every_tag_of_mjml_is_known() -> None:
    """Each tag that MJML has or names as a child is written by us or refused with words; none is taken as it comes."""
    tags = FACTS["tags"]
    named = {*tags, *(child for facts in tags.values() for child in facts["children"] or ())}

    assert named - KNOWN - set(REFUSED) == set()
    assert [tag for tag in sorted(KNOWN & set(tags)) if nesting_complaint("mj-spacer", tag) is None] == []
