from collections.abc import Iterator
from functools import cache
from importlib.metadata import distribution

import pytest
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

from tests.ci.pins import MINORS, PROJECT, RELEASES, WANTED, environment, pins


def test_what_is_promised_is_what_is_checked() -> None:
    """Each minor version from the oldest that may install is named as promised, in order and without a gap."""
    oldest = int(PROJECT["requires-python"].removeprefix(">=3."))
    assert tuple(f"3.{oldest + number}" for number in range(len(MINORS))) == MINORS
    assert len(MINORS) >= 4


@pytest.mark.parametrize("platform", ["linux", "darwin"])
@pytest.mark.parametrize("release", RELEASES)
def test_every_pin_installs_on_every_python_that_is_promised(release: str, platform: str) -> None:
    """From what the project asks for to the last package behind it: pinned, as wanted, and willing to be installed."""
    assert list(_refusals(release, platform)) == []


def test_a_refusal_is_found() -> None:
    """A package that wants a later Python, or another version of one, or one that nobody pinned, would be told."""
    assert list(_faults_of(Requirement("pytest<1"), "3.11.0")) == ["pytest<1: pinned is 9.2.0"]
    assert list(_faults_of(Requirement("pytest"), "3.9.0")) == ["pytest: 9.2.0 wants Python >=3.10"]
    assert list(_faults_of(Requirement("nobody-pinned-this"), "3.11.0")) == ["nobody-pinned-this: is not pinned"]


def _refusals(release: str, platform: str) -> Iterator[str]:
    """Walk from the project's own requirements, with everything for developers, to all that they need."""
    waiting = [(one, "") for one in map(Requirement, WANTED)]
    seen: set[tuple[Requirement, str]] = set()
    while waiting:
        wanted, extra = one = waiting.pop()
        around = environment(release, platform) | {"extra": extra}
        if one in seen or (wanted.marker is not None and not wanted.marker.evaluate(around)):
            continue
        seen.add(one)
        faults = list(_faults_of(wanted, release))
        yield from faults
        if not faults:
            waiting += [(needed, extra) for needed in _needs_of(wanted.name) for extra in ("", *wanted.extras)]


def _faults_of(wanted: Requirement, release: str) -> Iterator[str]:
    """Say why a requirement is not met by the pins for a release."""
    version = _pinned(release).get(canonicalize_name(wanted.name))
    if version is None:
        yield f"{wanted}: is not pinned"
        return
    if not wanted.specifier.contains(version):
        yield f"{wanted}: pinned is {version}"
    installed, needed = _installed(wanted.name)
    if installed != version:
        yield f"{wanted}: pinned is {version}, but {installed} is here (make setup)"
    if not SpecifierSet(needed).contains(release):
        yield f"{wanted}: {version} wants Python {needed}"


@cache
def _pinned(release: str) -> dict[str, str]:
    return {canonicalize_name(pin.name): next(iter(pin.specifier)).version for pin in pins(release)}


@cache
def _installed(name: str) -> tuple[str, str]:
    """Give the version that is here, and which Pythons it wants."""
    found = distribution(name)
    return found.version, str(found.metadata.json.get("requires_python", ""))


@cache
def _needs_of(name: str) -> tuple[Requirement, ...]:
    return tuple(map(Requirement, distribution(name).requires or ()))
