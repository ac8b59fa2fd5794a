"""The story of docs/three-months.md, told again."""

import shutil
from pathlib import Path

from tests.story.three_months import PAGE, tell


def test_three_months_go_as_the_page_says(laid_out: Path, tmp_path: Path) -> None:
    """Nothing is told twice, nothing falls between, nothing is stale; write the page anew when this fails."""
    assert tell(shutil.copytree(laid_out, tmp_path / "seutu")) == PAGE.read_text("utf-8")
