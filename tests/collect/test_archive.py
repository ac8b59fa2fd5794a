import io
import tarfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.collect.archive import pack, unpack

NAMES = st.text(alphabet=st.sampled_from("abcäö-_ ."), min_size=1, max_size=120).map(lambda name: f"kansio/x{name}.md")


@given(st.dictionaries(NAMES, st.binary(max_size=2_000), max_size=5))
def test_files_come_out_as_they_went_in(files: dict[str, bytes]) -> None:
    """Names and contents survive, long names and letters included."""
    assert unpack(pack(files)) == files


@given(st.dictionaries(NAMES, st.binary(max_size=50), max_size=5))
def test_same_files_give_the_same_bytes_in_any_order(files: dict[str, bytes]) -> None:
    """A folder's digest says whether it changed, and nothing else."""
    assert pack(dict(reversed(files.items()))) == pack(files)


def test_only_plain_files_come_out() -> None:
    """Links and folders in an archive are nothing to us."""
    body = io.BytesIO()
    with tarfile.open(fileobj=body, mode="w") as archive:
        link = tarfile.TarInfo("linkki.md")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(link)
    assert unpack(body.getvalue()) == {}


def test_other_bytes_are_no_archive() -> None:
    """Garbage is refused, not read as empty."""
    with pytest.raises(ValueError, match="no archive of a folder"):
        unpack(b"x" * 1_000)
