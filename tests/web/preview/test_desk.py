from pathlib import Path

import pytest

from newsletter.domain.audience import ExclusionReason
from newsletter.domain.content import Language, SegmentId
from newsletter.domain.issue import EditionKey, IssueState
from newsletter.errors import Fault, Place, TemplateError
from newsletter.service.audience.service import EditionAudience
from newsletter.web.preview.issue_view import IssueView, Sheet, Trouble, trouble_of
from newsletter.web.preview.studio import Studio
from tests.web.conftest import LABEL, opened


@pytest.fixture
def view(studio: Studio) -> IssueView:
    """Give the issue's view with its first pictures."""
    view = studio.view(LABEL)
    assert view is not None
    return view


def edit(path: Path, old: str, new: str) -> None:
    """Replace words in a file, as an editor would."""
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new), "utf-8")


def test_a_sheet_shows_every_edition_and_its_audience(whole_draft: Path) -> None:
    """Pictures, readers and those left out stand there from the start; checks come later."""
    with opened(whole_draft) as studio:
        view = studio.view(LABEL)
        assert view is not None
        sheet = view.sheet

    assert list(sheet.editions) == [
        f"{segments}.{language}"
        for segments in ("advisers", "managers", "advisers+managers")
        for language in ("fi", "sv", "en")
    ]
    assert (sheet.trouble, sheet.findings, sheet.state) == (None, None, IssueState.DRAFT)
    assert sheet.audiences is not None
    assert sum(one.readers + sum(one.excluded.values()) for one in sheet.audiences.values()) == 23


def test_nothing_changes_where_nothing_was_changed(view: IssueView) -> None:
    """A file that was only saved again keeps the number of the sheet, so that no page stirs."""
    view.look_over()
    revision = view.sheet.revision

    assert (view.refresh().revision, view.look_over().revision, view.count_audience().revision) == (revision,) * 3


def test_only_the_edition_that_changed_gets_another_mark(view: IssueView, publication: Path) -> None:
    """A browser loads again what looks different, and nothing else."""
    before = view.sheet.versions
    issue = publication / "issues" / LABEL / "issue.toml"
    first = view.sheet.editions["advisers.fi"][1].items[0]
    edit(issue, "[order]", "[order] # x")
    same = view.refresh().versions
    lines = issue.read_text("utf-8").splitlines(keepends=True)
    start = next(number for number, line in enumerate(lines) if line.startswith("advisers"))
    end = next(number for number in range(start, len(lines)) if "]" in lines[number])
    kept = [line for number, line in enumerate(lines) if not (start <= number <= end and f'"{first}"' in line)]
    issue.write_text("".join(kept), "utf-8")
    after = view.refresh().versions

    assert same == before
    assert {name for name in before if before[name] != after[name]} >= {"advisers.fi"}
    assert after["managers.fi"] == before["managers.fi"]


def test_a_broken_template_leaves_the_last_good_pictures_and_heals(view: IssueView, publication: Path) -> None:
    """File, line and message stand beside the pictures, and go when the file is mended."""
    template = publication / "templates" / "email" / "pieces.mjml.j2"
    good = view.sheet.rendering
    edit(template, "<h1>", "<h1>{{ nmae }}")
    line = 1 + template.read_text("utf-8").split("{{ nmae }}")[0].count("\n")

    broken = view.refresh()
    edit(template, "<h1>{{ nmae }}", "<h1>")
    mended = view.refresh()

    assert broken.rendering == good
    assert broken.trouble is not None
    assert broken.trouble.place is not None
    assert str(broken.trouble.place).startswith(f"templates/email/pieces.mjml.j2:{line}")
    assert [number for number, _ in broken.trouble.excerpt] == list(range(line - 2, line + 3))
    assert "nmae" in broken.trouble.message
    assert (mended.trouble, mended.rendering) == (None, good)


def test_a_broken_issue_names_all_its_mistakes(view: IssueView, publication: Path) -> None:
    """What issue.toml has wrong is told as the check command tells it."""
    edit(publication / "issues" / LABEL / "issue.toml", "[order]", "[order]\nnobody = 1")

    trouble = view.refresh().trouble

    assert trouble is not None
    assert trouble.place is not None
    assert trouble.place.path == Path("issues") / LABEL / "issue.toml"


def test_a_fault_of_the_program_does_not_end_the_preview(view: IssueView, publication: Path) -> None:
    """Whatever else is raised is told by its kind, and the pictures stay."""
    (publication / "templates" / "email" / "brand.toml").unlink()
    (publication / "templates" / "email" / "brand.toml").mkdir()

    sheet = view.refresh()

    assert (sheet.trouble is None, len(sheet.editions)) == (False, 3)


def test_findings_stand_beside_their_edition_with_their_line(view: IssueView) -> None:
    """Places are named from the publication's folder."""
    sheet = view.look_over()
    findings = sheet.findings_of(EditionKey(segments=(SegmentId("advisers"),), language=Language("fi")))
    places = {str(one.place) for one in findings if one.place is not None}

    assert findings
    assert all(place.startswith(f"issues/{LABEL}/issue.toml:") for place in places)


def test_without_a_database_the_pictures_are_shown_all_the_same(publication: Path, studio: Studio) -> None:
    """Rendering needs the files and nothing else; the audience says why it cannot be counted."""
    (publication / "newsletter.db").unlink()
    view = studio.view(LABEL)
    assert view is not None

    assert (len(view.sheet.editions), view.sheet.audiences) == (3, None)
    assert "newsletter.db" in (view.sheet.audience_trouble or "")


def test_the_audience_counts_those_left_out_by_reason(studio: Studio) -> None:
    """Every person known stands in exactly one edition or reason."""
    audiences = studio.newsletter.audience.edition_audiences()
    reasons = {reason for one in audiences.values() for reason in one.excluded}

    assert reasons == {ExclusionReason.PENDING, ExclusionReason.NO_SEGMENT}
    assert audiences[EditionKey(segments=(), language=Language("fi"))] == EditionAudience(
        readers=0, excluded={ExclusionReason.NO_SEGMENT: 1}
    )


def test_no_file_outside_the_publication_is_quoted(tmp_path: Path) -> None:
    """An error that points elsewhere is told without the lines of that file (P4)."""
    outside = tmp_path / "outside.txt"
    outside.write_text("secret\n")
    root = tmp_path / "publication"
    root.mkdir()
    error = TemplateError("Wrong.", place=Place(path=outside, line=1), faults=[Fault(message="a")])

    assert trouble_of(error, root) == Trouble(
        message="Wrong.", place=Place(path=outside, line=1), faults=(Fault(message="a"),)
    )


def test_an_empty_sheet_shows_nothing() -> None:
    """Before the first rendering there are no editions and no findings."""
    sheet = Sheet()

    assert (sheet.editions, sheet.versions, sheet.common_findings) == ({}, {}, ())
