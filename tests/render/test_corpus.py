"""The hostile corpus: whatever it holds goes through the door and harms nobody."""

import re
import time
from pathlib import Path

import pytest
from lxml import etree, html

from newsletter.contained import Contained
from newsletter.errors import TemplateError
from newsletter.render.compiler.references import without_controls
from newsletter.render.limits import GROWTH_BYTES, LIMIT_SECONDS, rendering_process, within_limits_of
from newsletter.render.mjml import compile_mjml
from newsletter.render.templates.look_over import _rendered, render_template
from newsletter.render.templates.markup import TAGS
from newsletter.safe_html import SCHEMES
from tests.render.corpus.characters import PLACES, STRINGS
from tests.render.corpus.feeds import FEEDS
from tests.render.corpus.sources import SOURCES
from tests.render.corpus.templates import GETTING_OUT, IN_ORDER, TAKING_EVERYTHING, WITHOUT_END

LETTER = (
    "<mjml><mj-head><mj-title>{title}</mj-title></mj-head><mj-body><mj-section><mj-column>{content}"
    "</mj-column></mj-section></mj-body></mjml>"
)
SECRET = "salaisuus-7e1c"


def made(folder: Path, template: str, context: dict[str, object] | None = None) -> html.HtmlElement:
    """Fill a template through the door and read the HTML."""
    path = folder / "a.mjml.j2"
    path.write_bytes(template.encode("utf-8", "surrogatepass"))
    body = render_template(path, context or {}, shown_as=path).body
    return html.document_fromstring(body)


def shape(document: html.HtmlElement) -> list[tuple[str, list[str]]]:
    """Give every tag with the names of its attributes: what a value could have added to."""
    return [(str(node.tag), sorted(node.attrib)) for node in document.iter(etree.Element)]


def said(text: str) -> str:
    """Give text as a browser shows it: blanks together, none at the ends."""
    return re.sub(r"[ \t\n]+", " ", text).strip(" \t\n")


def refused(folder: Path, template: str, process: Contained | None = None) -> TemplateError:
    """Fill a template that cannot be filled, in a process of its own where one is given, and give the error."""
    path, context = folder / "a.mjml.j2", {"y": [1], "d": {}, "name": "../secret.txt"}
    path.write_bytes(template.encode("utf-8", "surrogatepass"))
    with pytest.raises(TemplateError) as caught:
        if process is None:
            render_template(path, context, shown_as=path)
        else:
            within_limits_of(process, path, _rendered, path, context, path, is_text=False)
    return caught.value


def is_told(error: TemplateError) -> bool:
    """Tell whether an error has all that a person needs, and that no process died of it."""
    place = error.place
    has_place = place is not None and (place.line or 0) > 0 and (place.column or 0) > 0
    return has_place and bool(error.hint) and "ended the process" not in error.message


def test_corpus_is_large_enough() -> None:
    """The promise is three hundred cases at least."""
    characters = len(STRINGS) * (len(PLACES) + 1)
    assert characters + len(FEEDS) + len(SOURCES) + len(GETTING_OUT) + len(TAKING_EVERYTHING) + len(IN_ORDER) >= 600


@pytest.mark.parametrize("place", PLACES)
def test_no_character_is_lost_and_none_adds_anything(tmp_path: Path, place: str) -> None:
    """Every string in every place is read as it was given but for control characters, and adds no tag or attribute."""
    content, tag, attribute = PLACES[place]
    template = LETTER.format(title="Otsikko", content=content)
    plain = shape(made(tmp_path, template, {"x": "x"}))
    wrong = {}
    for name, value in STRINGS.items():
        document = made(tmp_path, template, {"x": value})
        node = next(document.iter(tag))
        read = node.text_content() if attribute is None else node.get(attribute)
        written = {"text between tags": f"[{value}]", "query of a link": f"https://a.example/?q={value}"}.get(
            place, value
        )
        if shape(document) != plain or said(read or "") != said(without_controls(written)):
            wrong[name] = read

    assert wrong == {}


def test_no_character_is_lost_in_the_title(tmp_path: Path) -> None:
    """The same holds for the title of the document, and the label that the compiler makes of it."""
    template = LETTER.format(title="{{ x }}", content="<mj-text>a</mj-text>")
    wrong = {}
    for name, value in STRINGS.items():
        title = next(made(tmp_path, template, {"x": f"[{value}]"}).iter("title")).text_content()
        if said(title) != said(without_controls(f"[{value}]")):
            wrong[name] = title

    assert wrong == {}


def test_feeds_bring_words_and_nothing_else(tmp_path: Path) -> None:
    """What feeds write is reduced to a few tags, good links and all of its words."""
    template = LETTER.format(title="a", content="<mj-text><section>{{ x|source_html }}</section></mj-text>")
    plain = shape(made(tmp_path, template, {"x": ""}))
    wrong = {}
    for name, (source, words) in FEEDS.items():
        document = made(tmp_path, template, {"x": source})
        inside = [node for node in next(document.iter("section")).iter(etree.Element) if node.tag != "section"]
        around = [one for one in shape(document) if one[0] not in TAGS]
        is_reduced = all(node.tag in TAGS and set(node.attrib) <= {"href", "title"} for node in inside)
        are_links_good = all(node.get("href", "https:").partition(":")[0].lower() in SCHEMES for node in inside)
        read = "".join(next(document.iter("section")).itertext())
        if not is_reduced or not are_links_good or around != plain or _letters(read) != _letters(words):
            wrong[name] = etree.tostring(next(document.iter("section")), encoding="unicode")

    assert wrong == {}


def _letters(text: str) -> str:
    """Give text without plain blanks: where tags fall away, so may a blank."""
    return re.sub(r"[ \n\t]+", "", text)


def test_broken_mjml_ends_in_html_or_in_an_error_with_its_place() -> None:
    """Whatever is compiled gives a whole document, or an error that says where and what to do, at once."""
    wrong = {}
    for name, source in SOURCES.items():
        started = time.monotonic()
        try:
            compiled = compile_mjml(source, template_name="a.mjml").html
        except TemplateError as error:
            if not is_told(error):
                wrong[name] = f"{error} ({error.hint})"
        else:
            document = html.document_fromstring(compiled)
            if list(document.iter("script")) or "</html>" not in compiled or "\\u{" in compiled:
                wrong[name] = compiled[:200]
        if time.monotonic() - started > 4:
            wrong[name] = "too slow"

    assert wrong == {}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Give a folder of templates with a secret beside it, and a link to that."""
    (tmp_path / "secret.txt").write_text(SECRET, encoding="utf-8")
    folder = tmp_path / "templates"
    (folder / "sub").mkdir(parents=True)
    (folder / "sub" / "piece.txt").write_text("<b>pala</b>", encoding="utf-8")
    (folder / "link.txt").symlink_to(tmp_path / "secret.txt")
    return folder


def test_no_template_gets_out(folder: Path) -> None:
    """Files outside the folder, Python's inside and a value's own nature are closed to templates."""
    errors = {name: refused(folder, template) for name, template in GETTING_OUT.items()}

    assert {name: str(error) for name, error in errors.items() if not is_told(error)} == {}
    assert [name for name, error in errors.items() if SECRET in str(error)] == []


@pytest.mark.parametrize("growth_bytes", [16 * 2**20, pytest.param(GROWTH_BYTES, marks=pytest.mark.long)])
def test_no_template_takes_everything(folder: Path, growth_bytes: int) -> None:
    """A template that wants all memory is refused and the next one is filled."""
    process = rendering_process(growth_bytes=growth_bytes)
    errors = {name: refused(folder, template, process) for name, template in TAKING_EVERYTHING.items()}
    path = folder / "b.mjml.j2"
    path.write_text(LETTER.format(title="a", content="<mj-text>a</mj-text>"), encoding="utf-8")
    after = within_limits_of(process, path, _rendered, path, {}, path, is_text=False).body
    process.close()

    assert {name: str(error) for name, error in errors.items() if not is_told(error)} == {}
    assert "</html>" in after


def test_template_without_end_is_stopped(folder: Path) -> None:
    """After the limit it is over, and the next one is filled."""
    endless, good = folder / "a.mjml.j2", folder / "b.mjml.j2"
    endless.write_text(WITHOUT_END, encoding="utf-8")
    good.write_text(LETTER.format(title="a", content="<mj-text>a</mj-text>"), encoding="utf-8")
    process = rendering_process(limit_seconds=0.5)

    def made_in_time(path: Path) -> str:
        return within_limits_of(process, path, _rendered, path, {}, path, is_text=False).body

    started = time.monotonic()
    with pytest.raises(TemplateError, match=r"Making this template took longer than 0.5 s\.$") as caught:
        made_in_time(endless)
    assert is_told(caught.value)
    assert time.monotonic() - started < 7
    assert "</html>" in made_in_time(good)
    process.close()


def test_a_template_has_five_seconds_and_300_megabytes() -> None:
    """The limits that no quick test waits for or fills."""
    assert (LIMIT_SECONDS, GROWTH_BYTES) == (5, 300 * 2**20)


def test_what_templates_may_do_works(folder: Path) -> None:
    """What is odd and harmless is made into a letter, with no tag from a value."""
    context: dict[str, object] = {"text": "a <script>", "d": {"a": "<script>"}}
    for template in IN_ORDER.values():
        document = made(folder, LETTER.format(title="a", content=f"<mj-text>{template}</mj-text>"), context)
        assert list(document.iter("script")) == []
