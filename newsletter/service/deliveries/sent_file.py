"""issue.sent: that an issue's sending began, and from which ledger, beside the file it was made from.

It travels with the issue, also through git: a new or an older database does not send again what another one began.
"""

from collections.abc import Collection
from pathlib import Path

from newsletter.domain.delivery import Sending
from newsletter.errors import StateError, StorageError
from newsletter.files import write_whole
from newsletter.toml_file import read_toml

SENT_NAME = "issue.sent"


def write_sent(path: Path, sending: Sending) -> None:
    """Write which sending was begun, and when; once, for it stays the same.

    Raises:
        StorageError: The disk is full or read-only.
    """
    lines = [
        f"# The sending of issue {sending.label} began. Written by `newsletter issue send`; do not edit: it keeps",
        "# a new or an older database, and another copy of this folder, from sending the issue again.",
        f'began_at = "{_began_at(sending)}"',
        f'approval = "{sending.approval_hash}"',
        f'mailer = "{sending.mailer}"',
    ]
    content = "\n".join(lines) + "\n"
    if not path.exists() or path.read_text(encoding="utf-8") != content:
        write_whole(path, content)


def set_aside(path: Path) -> None:
    """Put the file out of the way, under the name issue.sent.old.

    Raises:
        StorageError: Its folder is read-only.
    """
    try:
        path.replace(path.with_name(f"{SENT_NAME}.old"))
    except OSError as error:
        raise StorageError(
            f"{path.name} cannot be renamed: {error.strerror}.", hint="Check the permissions of its folder."
        ) from error


def begun_elsewhere(path: Path, sendings: Collection[Sending]) -> str | None:
    """Tell when a sending began that the ledger does not know; None when there was none.

    Returns:
        The day, or that it is not known: a file that cannot be read is proof enough of a sending.
    """
    if not path.exists():
        return None
    try:
        content = read_toml(path, shown_as=Path(path.name), error=StateError).content
    except StateError:
        return "on an unknown day"
    told = (str(content.get("began_at")), str(content.get("approval")))
    known = {(_began_at(one), one.approval_hash) for one in sendings}
    return None if told in known else f"on {told[0][:10]}" if "began_at" in content else "on an unknown day"


def _began_at(sending: Sending) -> str:
    """Write the moment that tells one sending from another."""
    return sending.started_at.isoformat(timespec="microseconds")
