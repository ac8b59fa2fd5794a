from pathlib import Path

import pytest

from newsletter.errors import UsageError
from newsletter.web.messages.screenshots import take_screenshots
from newsletter.web.preview.studio import Studio
from tests.web.conftest import LABEL


def test_without_a_browser_the_message_says_what_to_do(unchanged: Studio, tmp_path: Path) -> None:
    """Nothing is written, and the other way to look is named."""
    newsletter = unchanged.newsletter
    with pytest.raises(UsageError) as caught:
        take_screenshots(newsletter.issues.render(LABEL), newsletter.deliveries, tmp_path / "shots", program=None)

    assert caught.value.message == "There is no Chromium, Chrome or Edge on this machine; no pictures were made."
    assert "newsletter preview" in (caught.value.hint or "")
    assert not (tmp_path / "shots").exists()
