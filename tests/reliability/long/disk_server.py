"""Run senders over the failing disk: read one order a line, fork a sender for it, answer how it ended.

Started by `disks.open_lab` with the library in `LD_PRELOAD`: `python -m tests.reliability.long.disk_server LIBRARY`.
"""

import ctypes
import json
import os
import sys
from pathlib import Path

from tests.reliability.long.disks import IO_ERROR
from tests.reliability.long.senders import Order, run_sender


def serve(library: ctypes.CDLL) -> None:
    """Answer orders until there are no more."""
    for line in sys.stdin:
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            os._exit(_be_sender(library, json.loads(line), writing))
        os.close(writing)
        _, status = os.waitpid(child, 0)
        with os.fdopen(reading) as counted:
            writes, failures = (int(number) for number in counted.read().split())
        ended = {"exit_code": os.waitstatus_to_exitcode(status), "writes": writes, "failures": failures}
        sys.stdout.write(json.dumps(ended) + "\n")
        sys.stdout.flush()


def _be_sender(library: ctypes.CDLL, told: dict[str, str], writing: int) -> int:
    """Send over a disk that fails as told; write down how many writes there were, and give the exit code."""
    order = Order(database=Path(told["database"]), host=told["host"], timeout_seconds=5)
    folder = str(order.database.parent).encode()
    library.disk_watch(folder, int(told["fails_at"]), int(told["lasts"]), IO_ERROR)
    code = 0
    try:
        run_sender(order)
    except SystemExit as ended:
        code = int(ended.code or 0)
    except BaseException as error:  # noqa: BLE001 - whatever a sender lets through is what the trial is after
        sys.stderr.write(f"a sender let {type(error).__name__} through: {error}\n")
        code = 1
    os.write(writing, f"{library.disk_writes()} {library.disk_failures()}".encode())
    return code


if __name__ == "__main__":
    serve(ctypes.CDLL(sys.argv[1]))
