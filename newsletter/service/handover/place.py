"""Folders in which a database is not safe: those that a service copies elsewhere, and those of a network."""

from pathlib import Path

_SERVICES = {
    "onedrive": "OneDrive",
    "dropbox": "Dropbox",
    "iclouddrive": "iCloud",
    "mobile documents": "iCloud",
    "google drive": "Google Drive",
    "googledrive": "Google Drive",
    "my drive": "Google Drive",
    "nextcloud": "Nextcloud",
}
_NETWORK_FILE_SYSTEMS = {"nfs", "nfs4", "cifs", "smb3", "smbfs", "fuse.sshfs", "fuse.rclone", "9p", "afs", "davfs"}
MOUNTS = Path("/proc/mounts")
"""What is mounted where, on Linux; absent elsewhere."""


def shared_by(folder: Path, *, mounts: Path = MOUNTS) -> str | None:
    """Name what shares a folder with other machines; None for one that only this machine has, as far as can be seen.

    A service copies the database while it is written, and puts older copies back; locks of a network's file system let
    two programs write at once.

    Args:
        folder: An absolute path.
        mounts: As Linux lists them.
    """
    for part in folder.parts:
        for sign, name in _SERVICES.items():
            # `OneDrive - Kunta`, `GoogleDrive-aino@example.org`: what follows is the account.
            if part.lower() == sign or part.lower().startswith((f"{sign} ", f"{sign}-")):
                return name
    if str(folder).startswith("\\\\"):
        return "a network folder"
    return _mounted_from_network(folder, mounts)


def _mounted_from_network(folder: Path, mounts: Path) -> str | None:
    try:
        lines = mounts.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return None
    around: dict[Path, str] = {}
    for fields in (line.split(" ") for line in lines):
        if len(fields) > 2:  # noqa: PLR2004 - device, place, kind (fstab(5))
            place = Path(fields[1].replace("\\040", " "))
            if folder.is_relative_to(place):
                around[place] = fields[2]
    if not around:
        return None
    kind = around[max(around, key=lambda place: len(place.parts))]
    return f"a network folder ({kind})" if kind in _NETWORK_FILE_SYSTEMS else None
