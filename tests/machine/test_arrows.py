"""Who may ask the operating system."""

import ast
import re

import pytest

from tests.conftest import REPOSITORY

MODULES = {"fcntl", "resource", "msvcrt"}
CALLS = {
    "O_CREAT", "O_EXCL", "chmod", "copymode", "fchmod", "geteuid", "getuid", "killpg", "posix_spawn", "pread", "pwrite",
    "register_at_fork", "setpgid", "setsid", "sysconf", "umask", "alarm", "SIGKILL",
}  # fmt: skip
ARGUMENTS = {"start_new_session", "preexec_fn", "process_group", "creationflags", "pass_fds", "mode"}
_WORTH_A_LOOK = re.compile("|".join(MODULES | CALLS | ARGUMENTS - {"mode"}) + r"|mkdir\(mode")
PRODUCT = [path for path in sorted((REPOSITORY / "newsletter").rglob("*.py")) if path.parent.name != "machine"]


def asked_of_the_machine(source: str) -> list[str]:
    """Give what a module asks of the operating system that the machine's own module is for."""
    if not _WORTH_A_LOOK.search(source):
        return []
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names if alias.name in MODULES]
        elif isinstance(node, ast.ImportFrom) and node.module in MODULES:
            found.append(node.module)
        elif isinstance(node, ast.Attribute) and node.attr in CALLS:
            found.append(node.attr)
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            names = ARGUMENTS if node.func.attr in ("Popen", "run", "mkdir") else set()
            found += [word.arg for word in node.keywords if word.arg in names]
    return found


def test_only_the_machine_asks_the_operating_system() -> None:
    """Locks, groups of processes, rights and limits are asked for in one place, or Windows meets them elsewhere."""
    found = {path.name: asked_of_the_machine(path.read_text("utf-8")) for path in PRODUCT}

    assert {name: asked for name, asked in found.items() if asked} == {}


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("import fcntl", ["fcntl"]),
        ("from resource import setrlimit", ["resource"]),
        ("os.killpg(1, 9)", ["killpg"]),
        ("path.chmod(0o600)", ["chmod"]),
        ("os.open(path, os.O_CREAT, 0o600)", ["O_CREAT"]),
        ("folder.mkdir(mode=0o700)", ["mode"]),
        ("subprocess.Popen([], start_new_session=True)", ["start_new_session"]),
    ],
)
def test_whoever_asks_elsewhere_is_found(source: str, found: list[str]) -> None:
    """Each way past the machine's module is seen."""
    assert asked_of_the_machine(source) == found
