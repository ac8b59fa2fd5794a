"""`newsletter key`: what a person is told when the key is changed, taken in and given up."""

import secrets
from pathlib import Path

from tests.cli.conftest import Run


def test_changing_the_key_asks_and_tells_what_is_kept(drafted: Path, run: Run) -> None:
    """Off a terminal it needs --yes; then it names both keys, and says to back the file up anew."""
    people = run("subscriber", "list").out.count("@")
    refused = run("key", "rotate")
    changed = run("key", "rotate", "--yes")

    lines = (drafted / "newsletter.key").read_text().splitlines()
    assert (refused.code, changed.code) == (2, 0)
    assert changed.out.splitlines()[0].startswith("The key in use is ")
    assert changed.out.splitlines()[0].endswith(f"; {people} people are under it now.")
    assert changed.out.splitlines()[1].endswith(" is kept: it verifies and looks up, and never signs.")
    assert "Back the key file up anew" in changed.err
    assert [line[64:69] for line in lines] == ["", " kept"]


def test_another_key_file_is_refused_until_the_right_one_is_back(drafted: Path, run: Run) -> None:
    """Every way on is named and works: the backup put back, or the key given up as lost."""
    path = drafted / "newsletter.key"
    own = path.read_text()
    path.write_text(f"{secrets.token_hex(32)}\n")

    refused = [run("status"), run("subscriber", "list"), run("key", "rotate", "--yes"), run("issue", "show", "2017-11")]
    path.write_text(own)
    back = run("status")
    path.unlink()
    lost = run("key", "rotate", "--lost", "--yes")

    assert [one.code for one in refused] == [2, 2, 2, 2]
    assert {one.first_error[:39] for one in refused} == {"Error: newsletter.key holds another key"}
    assert (back.code, lost.code) == (0, 0)
    assert "unsubscribe by hand who writes instead" in lost.out
    assert run("status").code == 0


def test_a_missing_kept_key_is_taken_from_a_backup_or_given_up(drafted: Path, run: Run) -> None:
    """The message names the key; importing a backup of the file brings it back, forgetting it goes on without."""
    path, backup = drafted / "newsletter.key", drafted / "backup.key"
    run("key", "rotate", "--yes")
    backup.write_bytes(path.read_bytes())
    backup.chmod(0o600)
    path.write_text(path.read_text().splitlines()[0])

    missing = run("status")
    imported = run("key", "import", "backup.key")
    again = run("status")
    path.write_text(path.read_text().splitlines()[0])
    name = missing.first_error.split()[5].rstrip(",")
    forgotten = run("key", "forget", name, "--yes")

    assert missing.first_error == f"Error: newsletter.key lacks the key {name}, under which people who left are known."
    assert imported.out == f"The key {name} is kept from now on.\n1 key of the file was known.\n"
    assert again.code == 0
    assert forgotten.out == f"The key {name} is not known any more.\n"
    assert run("status").code == 0
