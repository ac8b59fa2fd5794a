"""Pictures taken by the Chromium of this machine."""

from pathlib import Path

import pytest
from PIL import Image, ImageStat

from newsletter.errors import StorageError
from newsletter.web.messages.screenshots import take_screenshots
from newsletter.wiring import open_newsletter
from tests.web.browser.conftest import CHROMIUM
from tests.web.conftest import LABEL

pytestmark = pytest.mark.browser


def program() -> Path:
    """Give the browser of this machine."""
    if CHROMIUM is None:
        pytest.skip("no Chromium is installed")
    return Path(CHROMIUM)


def test_each_edition_is_taken_on_phone_and_desk_in_light_and_dark(publication: Path, tmp_path: Path) -> None:
    """Four pictures of every edition, whole from top to end, and a sheet of them all."""
    told: list[tuple[int, int]] = []
    with open_newsletter(publication / "newsletter.toml") as newsletter:
        rendering = newsletter.issues.render(LABEL)
        taken = take_screenshots(
            rendering,
            newsletter.deliveries,
            tmp_path / "shots",
            program=program(),
            progress=lambda done, total: told.append((done, total)),
        )

    names = [
        f"{message.edition}-{device}-{scheme}.png"
        for message in rendering.messages
        for device in ("phone", "desk")
        for scheme in ("light", "dark")
    ]
    assert [path.name for path in taken] == [*names, "contact-sheet.png"]
    assert told[-1] == (len(names) + 1, len(names) + 1)
    pictures = {path.name: Image.open(path).convert("RGB") for path in taken}
    assert {picture.width for name, picture in pictures.items() if "phone" in name} == {375}
    assert {picture.width for name, picture in pictures.items() if "desk" in name} == {1024}
    assert all(picture.height > 2000 for name, picture in pictures.items() if "sheet" not in name)
    light, dark = (
        ImageStat.Stat(pictures[f"advisers.fi-phone-{scheme}.png"].convert("L")).mean[0] for scheme in ("light", "dark")
    )
    assert light > 2 * dark


def test_a_folder_that_cannot_be_written_is_told(publication: Path, tmp_path: Path) -> None:
    """The disk's own words say why."""
    (tmp_path / "file").write_text("x")
    with open_newsletter(publication / "newsletter.toml") as newsletter, pytest.raises(StorageError) as caught:
        take_screenshots(newsletter.issues.render(LABEL), newsletter.deliveries, tmp_path / "file", program=program())

    assert caught.value.message.startswith("advisers.fi-phone-light.png cannot be written: ")
