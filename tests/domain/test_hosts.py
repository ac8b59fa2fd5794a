import pytest

from newsletter.domain.hosts import is_loopback


@pytest.mark.parametrize(
    ("host", "expected"),
    [("127.0.0.1", True), ("127.8.8.8", True), ("::1", True), ("localhost", True)]
    + [(host, False) for host in ("0.0.0.0", "::", "192.168.1.5", "kone.example", "")],  # noqa: S104 - judged, not bound
)
def test_only_loopback_is_private(host: str, expected: bool) -> None:  # noqa: FBT001 - a table's column
    """Whatever is not loopback can be reached by others."""
    assert is_loopback(host) is expected
