"""npm's mjml in one Node process: what our compiler is compared with."""

import json
import shutil
import subprocess
from pathlib import Path
from types import TracebackType
from typing import Self

FOLDER = Path(__file__).parent


def missing() -> str | None:
    """Say what is not installed, or None."""
    if shutil.which("node") is None:
        return "Node is not installed"
    if not (FOLDER / "node_modules" / "mjml").is_dir():
        return "npm's mjml is not installed: npm ci --prefix tests/oracle"
    return None


class Mjml:
    """npm's mjml, warm once it has compiled something; use it in a `with` block."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            ["node", "compile.mjs"], cwd=FOLDER, stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8"
        )

    def compile(self, source: str) -> tuple[str, float]:
        """Give the HTML, and the milliseconds it took inside Node."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(source) + "\n")
        self._process.stdin.flush()
        answer = json.loads(self._process.stdout.readline())
        return answer["html"], answer["milliseconds"]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.communicate()
