"""Lay out a new publication: the sample's files, a key of its own and an empty database."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from newsletter.errors import UsageError

FILES = ("newsletter.toml", "templates/email", "content", "subscribers/segments.toml", "subscribers/example.csv")
"""What is laid out, below the starter folder; people's lists are never among them."""

GIT_IGNORE = """\
# Keep these out of git: what happened, the key, rehearsed mails, rendered builds, real people
*.db
*.db-*
*.postgresql-*
*.lock-owner
newsletter.key
newsletter.departures
newsletter.looks
newsletter.packed
newsletter.proxy
*.pack
/outbox/
/issues/*/build/
/issues/*/issue.journal
/subscribers/*.csv
!/subscribers/example.csv
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class LaidOut:
    """What was laid out."""

    folder: Path
    files: int


def lay_out(folder: Path, *, starter: Path, prepare: Callable[[Path], None], is_trial: bool = False) -> LaidOut:
    """Copy the starter files into a folder, made if it is missing; `prepare` makes key and database for its settings.

    Args:
        folder: Where to.
        starter: Where from.
        prepare: Called with the new newsletter.toml.
        is_trial: The configuration says that it is a trial; a folder with a database is refused.

    Raises:
        UsageError: A file of the same name is there already; nothing was written.
    """
    wanted = [path for name in FILES for path in _files_below(starter / name)]
    targets = {source: folder / source.relative_to(starter) for source in wanted}
    kept_free = [*targets.values(), *([folder / "newsletter.db"] if is_trial else [])]
    if taken := sorted(str(path.relative_to(folder)) for path in kept_free if path.exists()):
        raise UsageError(
            f"{folder} holds {taken[0]} already; nothing was written.",
            hint="Name an empty or a new folder: `newsletter init DIR`.",
        )
    for source, target in targets.items():
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, target)
    ignore = folder / ".gitignore"
    if not ignore.exists():
        ignore.write_text(GIT_IGNORE, encoding="utf-8")
    if is_trial:
        _say_trial(folder / "newsletter.toml")
    prepare(folder / "newsletter.toml")
    return LaidOut(folder=folder, files=len(targets) + 1)


def _say_trial(configuration: Path) -> None:
    """Make a configuration a trial's: only our own SendGrid takes its mails."""
    text = configuration.read_text(encoding="utf-8")
    for real, trial in (("trial = false ", "trial = true  "), ('kind = "outbox"', 'kind = "sendgrid"')):
        assert text.count(f"\n{real}") == 1, real
        text = text.replace(f"\n{real}", f"\n{trial}")
    configuration.write_text(text, encoding="utf-8")


def _files_below(path: Path) -> list[Path]:
    """Give a file, or every file of a folder in a fixed order."""
    if path.is_file():
        return [path]
    return sorted(found for found in path.rglob("*") if found.is_file() and "__pycache__" not in found.parts)
