import json
from pathlib import Path

import httpx
import pytest

from newsletter.errors import UsageError
from newsletter.web.preview.server import Address, Preview
from newsletter.wiring import open_newsletter
from tests.web.conftest import LABEL


def test_the_preview_answers_and_ends_while_a_page_listens(preview: Preview) -> None:
    """An open stream does not hold up the end."""
    stream_address = f"{preview.url(LABEL)}/changes"

    with httpx.stream("GET", stream_address) as stream:
        lines = stream.iter_lines()
        first = next(lines)
        preview.stop()
        rest = list(lines)

    told = json.loads(first.removeprefix("data: "))
    assert told["revision"].startswith(preview.studio.run_id)
    assert told["versions"]["advisers.fi"]
    assert rest[:1] == [""]


def test_the_address_names_the_issue_and_needs_no_token_on_loopback(preview: Preview) -> None:
    """A bookmark stays good."""
    assert preview.url(LABEL) == f"http://127.0.0.1:{preview.port}/issues/{LABEL}"
    assert httpx.get(preview.url(LABEL)).status_code == 200


def test_a_taken_port_is_told(publication: Path, preview: Preview) -> None:
    """The second preview says what to do instead of starting half."""
    with pytest.raises(UsageError) as caught:
        Preview(lambda: open_newsletter(publication / "newsletter.toml"), Address(port=preview.port))

    assert "--port" in (caught.value.hint or "")


def test_beyond_loopback_the_address_carries_a_random_token(publication: Path) -> None:
    """Another token in every run, and long enough that nobody guesses it (P6)."""
    tokens = set()
    for _ in range(2):
        address = Address(host="0.0.0.0", port=0, names=("kone.example",))  # noqa: S104 - what is tested
        preview = Preview(lambda: open_newsletter(publication / "newsletter.toml"), address)
        assert preview.url() == f"http://kone.example:{preview.port}/?token={preview.token}"
        tokens.add(preview.token)
        preview.close()

    assert {len(token or "") for token in tokens} == {32}
    assert len(tokens) == 2
