"""Remember on which line each of a million addresses stood first, in some thirty megabytes."""

from array import array

_GROWS_AT = 0.6
_SLOTS_AT_FIRST = 1 << 12


class FirstLines:
    """A table of hashes and lines. Two different addresses are taken for one in less than one of ten million lists."""

    def __init__(self) -> None:
        self._count = 0
        self._hashes = array("Q", bytes(8 * _SLOTS_AT_FIRST))
        self._lines = array("L", [0]) * _SLOTS_AT_FIRST

    def of(self, address: str, line: int) -> int:
        """Give the line on which an address stood first: this one, if it was not there before."""
        wanted = _hash(address)
        slot = self._slot(wanted)
        if self._hashes[slot]:
            return self._lines[slot]
        self._hashes[slot], self._lines[slot] = wanted, line
        self._count += 1
        if self._count > _GROWS_AT * len(self._hashes):
            self._grow()
        return line

    def line(self, address: str) -> int | None:
        """Give the line on which an address stood first, or None."""
        slot = self._slot(_hash(address))
        return self._lines[slot] if self._hashes[slot] else None

    def _slot(self, wanted: int) -> int:
        """Give the slot of a hash, or the free one where it belongs."""
        hashes, last = self._hashes, len(self._hashes) - 1
        slot = wanted & last
        while hashes[slot] not in (0, wanted):
            slot = (slot + 1) & last
        return slot

    def _grow(self) -> None:
        """Double the slots."""
        hashes, lines = self._hashes, self._lines
        self._hashes = array("Q", bytes(16 * len(hashes)))
        self._lines = array("L", [0]) * (2 * len(lines))
        for wanted, line in zip(hashes, lines, strict=True):
            if wanted:
                slot = self._slot(wanted)
                self._hashes[slot], self._lines[slot] = wanted, line


def _hash(address: str) -> int:
    """Give 64 bits of an address; 0 is for a free slot."""
    return hash(address) & 0xFFFF_FFFF_FFFF_FFFF or 1
