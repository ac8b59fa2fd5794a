"""Words that stand in every issue are written once, and an issue can go without them."""

from pathlib import Path

import pytest

from newsletter import open_newsletter
from newsletter.errors import ConfigurationError, IssueFileError, TemplateError

BLOCK = """
[[block]]
id = "vinkit"
[block.title]
fi = "Kerro uutisesi & vinkkisi"
sv = "Tipsa oss"
en = "Tell us"
[block.text]
fi = '''
Kirjoita **meille**: [sivu](https://example.org/fi).

Vastaamme.
'''
sv = "Skriv till oss."
en = "Write to us."
"""
ISSUE = Path("issues/2017-11/issue.toml")


@pytest.fixture
def with_block(whole_draft: Path) -> Path:
    """Give a publication in two languages with a block."""
    path = whole_draft / "newsletter.toml"
    text = path.read_text(encoding="utf-8").replace('languages = ["fi", "sv", "en"]', 'languages = ["fi", "sv"]')
    path.write_text(text + BLOCK, encoding="utf-8")
    issue = ISSUE.read_text(encoding="utf-8")
    ISSUE.write_text(issue[: issue.index("[edition.en]")] + issue[issue.index("\n[order]\n") :], encoding="utf-8")
    return whole_draft


@pytest.mark.usefixtures("with_block")
def test_a_block_stands_at_the_end_of_every_edition_in_its_language() -> None:
    """It comes after the sections and before the way out, in HTML and in text; left out once, it stands nowhere."""
    with open_newsletter() as newsletter:
        messages = {str(message.edition): message for message in newsletter.issues.render("2017-11").messages}
    finnish, swedish = messages["advisers.fi"], messages["managers.sv"]
    assert "KERRO UUTISESI & VINKKISI" in finnish.text.partition("TAPAHTUMAT")[2]
    assert "Vastaamme." in finnish.text.partition("KERRO UUTISESI")[2].partition("Vastaa toimitukselle")[0]
    assert 'href="https://example.org/fi"' in finnish.html.partition("Kerro uutisesi &amp; vinkkisi")[2]
    assert ("TIPSA OSS" in swedish.text, "Skriv till oss." in swedish.html) == (True, True)

    issue = ISSUE.read_text(encoding="utf-8")
    ISSUE.write_text(issue.replace("\n[edition.fi]", 'leave_out = ["vinkit"]\n\n[edition.fi]', 1), encoding="utf-8")
    with open_newsletter() as newsletter:
        without = newsletter.issues.render("2017-11").messages
    assert not any("VINKKISI" in message.text or "Tipsa oss" in message.html for message in without)


@pytest.mark.usefixtures("with_block")
def test_a_block_that_is_none_is_refused_by_name() -> None:
    """A slip would leave it in, and nobody would know."""
    issue = ISSUE.read_text(encoding="utf-8")
    ISSUE.write_text(issue.replace("\n[edition.fi]", 'leave_out = ["vinkki"]\n\n[edition.fi]', 1), encoding="utf-8")
    with open_newsletter() as newsletter, pytest.raises(IssueFileError) as caught:
        newsletter.issues.read("2017-11")
    (fault,) = caught.value.faults
    assert (fault.message, fault.hint) == ("There is no block 'vinkki'.", "Did you mean 'vinkit'?")


def test_templates_that_know_no_blocks_are_told(with_block: Path) -> None:
    """A publication's own copy may be older than the program: nothing is left out of a mail in silence."""
    path = with_block / "templates/email/edition.txt.j2"
    text = path.read_text(encoding="utf-8")
    start = text.index("{% for block in edition.blocks %}")
    path.write_text(text[:start] + text[text.index("{% endfor %}", start) + 12 :], encoding="utf-8")
    with open_newsletter() as newsletter, pytest.raises(TemplateError) as caught:
        newsletter.issues.render("2017-11")
    assert caught.value.message == "This template does not print the block 'vinkit' of newsletter.toml."


def test_a_block_has_words_in_every_language(with_block: Path) -> None:
    """One that lacks them would stand in another language at the end of every mail."""
    path = with_block / "newsletter.toml"
    written = path.read_text(encoding="utf-8")
    path.write_text(written.replace('sv = "Skriv till oss."\n', "").replace('sv = "Tipsa oss"\n', ""), encoding="utf-8")
    with pytest.raises(ConfigurationError) as caught:
        open_newsletter(path)
    assert [(fault.key, fault.message) for fault in caught.value.faults] == [
        ("block[0].title", "The text in 'sv' is missing."),
        ("block[0].text", "The text in 'sv' is missing."),
    ]


@pytest.mark.usefixtures("with_block")
def test_a_new_issue_says_how_to_go_without() -> None:
    """The line stands there, to have its mark taken off."""
    ISSUE.unlink()
    with open_newsletter() as newsletter:
        newsletter.issues.new("2017-11")
    assert '\n# leave_out = ["vinkit"] # blocks of newsletter.toml that' in ISSUE.read_text(encoding="utf-8")
