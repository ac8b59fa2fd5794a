"""The contracts between rooms bite: each is seen to break."""

import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

REPOSITORY = Path(__file__).parents[1]
PLANTED = {
    "The floors: arrows point down": ("curate/select.py", "import newsletter.track.reduce"),
    "Domain and errors import the standard library only": ("domain/period.py", "import babel"),
    "SQL stays in storage": ("track/reduce.py", "import sqlalchemy"),
    "The command line's package stays in cli": ("service/items.py", "import click"),
    "HTTP is asked by fetching and mailers alone": ("service/templates.py", "import httpx"),
    "HTTP is answered by web alone": ("cli/serve.py", "import uvicorn"),
    "pydantic stands where something comes in": ("send/plan.py", "import pydantic"),
    "Foreign formats are read by the kinds of sources": ("curate/draft.py", "import yaml"),
    "HTML is made harmless in one place": ("collect/markup.py", "import nh3"),
    "Mails are compiled and pictures drawn in render": ("check/images.py", "import PIL"),
    "Kinds of sources know no fetching": ("collect/kinds/feed.py", "import newsletter.collect.fetching.network"),
    "The ledger knows no door": ("storage/ledger/reads.py", "import newsletter.storage.notifications"),
    "The sender knows the ledger and no other room": ("send/pace.py", "import newsletter.mailers.outbox"),
    "Doors reach the rooms through service": ("cli/item.py", "import newsletter.curate.select"),
}
"""Contract: the module that breaks it, and how."""


def test_every_contract_catches_its_violation(tmp_path: Path) -> None:
    """One forbidden import for each contract, and each contract is told as broken."""
    contracts = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    copy = shutil.copytree(REPOSITORY / "newsletter", tmp_path / "newsletter", ignore=shutil.ignore_patterns("*.pyc"))
    for module, statement in PLANTED.values():
        path = copy / module
        path.write_text(f"{path.read_text()}\n{statement}\n")
    (tmp_path / "tests").mkdir()
    for name in ("pyproject.toml", "tests/contracts.py"):
        shutil.copy(REPOSITORY / name, tmp_path / name)

    told = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )

    broken = set(re.findall(r"^(.+) BROKEN", told.stdout, re.MULTILINE))
    assert broken == set(PLANTED) == {contract["name"] for contract in contracts}
