"""Ask the index whether every pin installs on every Python that is promised: `make pins`, which needs a network.

The oldest release of each minor version is asked for: wheels are made for all of its releases, and what a pin refuses
by its release, `make test` sees without a network (test_pins.py). pip judges markers by the Python it runs on, so they
are judged here, and pip is told the pins that count.
"""

import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from packaging.requirements import Requirement

REPOSITORY = Path(__file__).parents[2]
CONFIGURATION = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))
PROJECT = CONFIGURATION["project"]
WANTED: tuple[str, ...] = (
    *CONFIGURATION["build-system"]["requires"],
    *PROJECT["dependencies"],
    *PROJECT["optional-dependencies"]["dev"],
)
"""What `make setup` asks for."""
PREFIX = "Programming Language :: Python :: "
MINORS = tuple(name.removeprefix(PREFIX) for name in PROJECT["classifiers"] if name.startswith(PREFIX))
RELEASES = tuple(f"{minor}.{patch}" for minor in MINORS for patch in (0, 99))
"""The oldest release of each minor version, and one that stands for its newest, whichever that will be."""


def environment(release: str, platform: str = "linux") -> dict[str, str]:
    """Give what markers are judged by on a Python of that release."""
    minor, _, _ = release.rpartition(".")
    return {"python_version": minor, "python_full_version": release, "sys_platform": platform, "extra": ""}


def pins(release: str) -> Iterator[Requirement]:
    """Read what constraints.txt pins for that release."""
    for line in (REPOSITORY / "constraints.txt").read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            pin = Requirement(line)
            if pin.marker is None or pin.marker.evaluate(environment(release)):
                yield pin


def refusal(release: str) -> str:
    """Let pip find a wheel of each pin for that release; give what it says of the first that has none."""
    wanted = [f"{pin.name}{pin.specifier}" for pin in pins(release)]
    with TemporaryDirectory() as folder:
        options = ["--dry-run", "--ignore-installed", "--no-deps", "--only-binary", ":all:", "--target", folder]
        pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *options]
        done = subprocess.run([*pip, "--python-version", release, *wanted], capture_output=True, text=True, check=False)
    return done.stderr.strip() if done.returncode else ""


def main() -> int:
    """Ask for every release, and tell the refusals."""
    refusals = {release: refusal(release) for release in (f"{minor}.0" for minor in MINORS)}
    for release, words in refusals.items():
        sys.stdout.write(f"Python {release}: {words or 'every pin has a wheel'}\n")
    return int(any(refusals.values()))


if __name__ == "__main__":
    sys.exit(main())
