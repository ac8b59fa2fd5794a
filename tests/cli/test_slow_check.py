"""`newsletter issue check --slow`, as a person types it."""

import json
from pathlib import Path

import pytest

from newsletter.chromium import find_chromium
from tests.cli.conftest import Run
from tests.conftest import REPOSITORY
from tests.fakes.chromium import write_chromium

LABEL = "2017-11"
AXE = REPOSITORY / "node_modules" / "axe-core" / "axe.min.js"

FOOTER = "{% block footer %}"
SPOILT = """\
<mj-section><mj-column>
<mj-text color="#cccccc" container-background-color="#ffffff">Heikko kohta</mj-text>
<mj-text><table role="presentation" width="900"><tr><td>Leveä kohta</td></tr></table></mj-text>
<mj-text><a href="{{ publication.links.site }}"><img src="https://www.seutu.example/k.png" width="40" /></a></mj-text>
</mj-column></mj-section>
"""
ERRORS = ("linked-image-without-alt", "sideways-scroll", "contrast-low", "contrast-low-dark")


@pytest.fixture
def tools() -> None:
    """Skip where the machine lacks the tools."""
    if find_chromium() is None:
        pytest.skip("no Chromium is installed")
    if not AXE.is_file():
        pytest.skip("axe-core is not installed: npm ci")


def spoil(folder: Path) -> None:
    """Put pale words, a wide table and a picture without words at the end of the template's letter."""
    path = folder / "templates" / "email" / "base.mjml.j2"
    text = path.read_text("utf-8")
    assert FOOTER in text
    path.write_text(text.replace(FOOTER, SPOILT + FOOTER), "utf-8")


def test_without_a_browser_the_way_to_one_is_told(drafted: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Exit code 2, what is missing, and how to go on without it."""
    axe = drafted / "axe.min.js"
    axe.write_text("axe", "utf-8")
    monkeypatch.setenv("NEWSLETTER_AXE", str(axe))
    monkeypatch.setenv("PATH", str(drafted))

    ran = run("issue", "check", LABEL, "--slow")

    assert (ran.code, ran.out, ran.first_error) == (
        2,
        "",
        "Error: There is no Chromium, Chrome or Edge on this machine; no edition was looked at in a browser.",
    )
    assert "Install one of them, or check without `--slow`." in ran.err


def test_an_axe_that_cannot_be_read_is_told(drafted: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """The variable is named, and the edition is not looked at without it."""
    monkeypatch.setenv("NEWSLETTER_AXE", "none/axe.min.js")

    ran = run("issue", "check", LABEL, "--slow")

    assert (ran.code, ran.first_error) == (
        2,
        "Error: The file that NEWSLETTER_AXE names cannot be read; no edition was looked at in a browser.",
    )


def test_axe_is_found_beside_the_publication(drafted: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """What `npm install axe-core` lays beside newsletter.toml is taken, and the findings of both kinds are shown."""
    axe = drafted / "node_modules" / "axe-core" / "axe.min.js"
    axe.parent.mkdir(parents=True)
    axe.write_text("beside", "utf-8")
    fake = write_chromium(drafted, value=None)
    monkeypatch.setenv("PATH", str(drafted))

    ran = run("issue", "check", LABEL, "--slow")

    scripts = [one["params"]["expression"] for one in fake.asked() if one["method"] == "Runtime.evaluate"]
    assert [script.partition("\n")[0] for script in scripts] == ["beside"]
    assert (ran.code, ran.first_error) == (2, "Error: The file given as axe-core is something else.")


@pytest.mark.browser
def test_the_sample_has_no_error(whole_draft: Path, run: Run, tools: None) -> None:
    """Every edition of the sample is fit for every screen and both lights: a browser finds nothing at all."""
    fast = run("issue", "check", LABEL, "--json")
    slow = run("issue", "check", LABEL, "--slow", "--json")

    assert slow.code == 0
    assert json.loads(slow.out) == json.loads(fast.out)


@pytest.mark.browser
def test_a_bad_template_is_found_and_can_be_waived(drafted: Path, run: Run, tools: None) -> None:
    """Pale words, a wide table and a picture without words are errors, until somebody says why they may stay."""
    spoil(drafted)
    spoilt = run("issue", "check", LABEL, "--slow", "--language", "fi")
    path = drafted / "issues" / LABEL / "issue.toml"
    waivers = "".join(f'\n[[waiver]]\ncode = "{code}"\nreason = "Koe"\n' for code in ERRORS)
    path.write_text(path.read_text("utf-8") + waivers, "utf-8")
    waived = run("issue", "check", LABEL, "--slow")
    fast = run("issue", "check", LABEL)

    assert (spoilt.code, waived.code, fast.code) == (3, 0, 0)
    found = {line.partition("  ")[0] for line in spoilt.out.splitlines() if line.startswith("error ")}
    assert found == {f"error {code}" for code in ERRORS}
    assert "”Heikko kohta” on vaikea lukea" in spoilt.out
    assert "”Leveä kohta” ulottuu" in spoilt.out
    assert "error sideways-scroll (waived: Koe)" in waived.out
    assert "waiver-unused" not in waived.out + fast.out
