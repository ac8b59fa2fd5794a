"""issue.lock: the hash under which an issue was approved, beside the file it was approved from."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from newsletter.domain.issue import Approval, ApprovalHash
from newsletter.errors import StateError
from newsletter.files import write_whole
from newsletter.toml_file import read_toml

LOCK_NAME = "issue.lock"


@dataclass(frozen=True, slots=True, kw_only=True)
class Lock:
    """What sending compares.

    Attributes:
        hash: Of messages, audience rule, waivers and sender.
    """

    hash: ApprovalHash
    issue_sha256: str


def write_lock(path: Path, approval: Approval) -> None:
    """Write what was approved, by whom and when, for people and for git; the messages themselves are in the database.

    Raises:
        StorageError: The disk is full or read-only.
    """
    lines = [
        f"# Issue {approval.label}, approved. Written by `newsletter issue approve`; do not edit: sending compares it.",
        f"hash = {_quoted(approval.hash)}",
        f"approved_at = {approval.approved_at.isoformat(timespec='seconds')}",
        f"approved_by = {_quoted(approval.approved_by)}",
        f"issue_sha256 = {_quoted(approval.issue_sha256)}",
        f"audience_rule = {_quoted(approval.audience_rule)}",
        "",
        "[messages]",
        *(f"{_quoted(str(message.edition))} = {_quoted(message.sha256)}" for message in approval.messages),
    ]
    for waiver in approval.waivers:
        lines += ["", "[[waiver]]", f"code = {_quoted(waiver.code)}", f"reason = {_quoted(waiver.reason)}"]
    write_whole(path, "\n".join(lines) + "\n")


def read_lock(path: Path) -> Lock | None:
    """Read what was approved; None when nothing was.

    Raises:
        StateError: The file is damaged.
    """
    if not path.exists():
        return None
    content: dict[str, Any] = dict(read_toml(path, shown_as=Path(path.name), error=StateError).content)
    approved, issue = content.get("hash"), content.get("issue_sha256")
    if not isinstance(approved, str) or not isinstance(issue, str):
        raise StateError(f"{path.name} is damaged.", hint="Approve the issue again.")
    return Lock(hash=ApprovalHash(approved), issue_sha256=issue)


def _quoted(text: str) -> str:
    """Write a TOML string: JSON's escapes are TOML's, and DEL is the one control character JSON leaves."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
