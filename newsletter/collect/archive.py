"""Puts the files of a folder into one body of bytes and takes them out again.

The same names and contents give the same bytes on every machine and at every time, so that a folder's snapshot has a
stable SHA-256. Its doors are `pack` and `unpack`; it opens no file itself.
"""

import io
import tarfile
from collections.abc import Mapping

MEDIA_TYPE = "application/x-tar"


def pack(files: Mapping[str, bytes]) -> bytes:
    """Put files into an archive, by name, without times and owners.

    Args:
        files: Content by name: relative, with forward slashes.
    """
    body = io.BytesIO()
    with tarfile.open(fileobj=body, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for name in sorted(files):
            member = tarfile.TarInfo(name)
            member.size = len(files[name])
            archive.addfile(member, io.BytesIO(files[name]))
    return body.getvalue()


def unpack(body: bytes) -> dict[str, bytes]:
    """Take the files out of an archive, by name; nothing is written anywhere.

    Raises:
        ValueError: This is no archive of ours.
    """
    try:
        with tarfile.open(fileobj=io.BytesIO(body), mode="r:") as archive:
            opened = ((member.name, archive.extractfile(member)) for member in archive if member.isfile())
            return {name: content.read() for name, content in opened if content is not None}
    except tarfile.TarError as cause:
        raise ValueError("this is no archive of a folder") from cause
