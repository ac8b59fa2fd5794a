"""A program that speaks like a browser on its pipes and shows nothing: each answer is canned, each question noted."""

import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_PROGRAM = """\
#!{python}
import json, os
manner = json.loads({manner!r})
answers = {{
    "Target.createTarget": {{"targetId": "t"}},
    "Target.attachToTarget": {{"sessionId": "s"}},
    "Page.getFrameTree": {{"frameTree": {{"frame": {{"id": "f"}}}}}},
    "Page.createIsolatedWorld": {{"executionContextId": 7}},
    "Runtime.evaluate": {{"exceptionDetails": {{"text": "secret"}}}} if manner["fails"] else
        {{"result": {{"value": manner["value"]}}}},
}}
def say(what):
    os.write(4, json.dumps(what).encode() + b"\\0")
unread = b""
with open({notes!r}, "a") as notes:
    while piece := os.read(3, 1 << 16):
        unread += piece
        while b"\\0" in unread:
            line, _, unread = unread.partition(b"\\0")
            asked = json.loads(line)
            notes.write(json.dumps(asked) + "\\n")
            notes.flush()
            if asked["method"] == manner["ends_at"]:
                raise SystemExit
            if asked["method"] == "Page.navigate":
                say({{"method": "Page.loadEventFired"}})
            if asked["method"] == manner["refuses"]:
                say({{"id": asked["id"], "error": {{"message": "unknown"}}}})
            else:
                say({{"id": asked["id"], "result": answers.get(asked["method"], {{}})}})
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class FakeChromium:
    """The program and what it was asked."""

    program: Path
    notes: Path

    def asked(self) -> list[dict[str, Any]]:
        """Give every question, in order."""
        return [json.loads(line) for line in self.notes.read_text("utf-8").splitlines()]


def write_chromium(
    folder: Path, *, value: object = None, fails: bool = False, refuses: str = "", ends_at: str = ""
) -> FakeChromium:
    """Write the program.

    Args:
        folder: Where.
        value: What every script gives.
        fails: Scripts fail instead.
        refuses: A method it does not know.
        ends_at: A method at which it ends without a word.
    """
    program, notes = folder / "chromium", folder / "asked.jsonl"
    manner = json.dumps({"value": value, "fails": fails, "refuses": refuses, "ends_at": ends_at})
    program.write_text(_PROGRAM.format(python=sys.executable, manner=manner, notes=str(notes)), encoding="utf-8")
    program.chmod(0o755)
    return FakeChromium(program=program, notes=notes)
