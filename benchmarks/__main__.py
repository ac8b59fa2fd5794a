"""Run the lines named on the command line, or all; end with 1 when a promise is broken or not measured."""

import platform
import sys

from benchmarks.harness import Line
from benchmarks.lines import LINES


def main(names: list[str]) -> int:
    """Measure and print; give the exit code."""
    unknown = [name for name in names if name not in LINES]
    if unknown:
        print(f"No such line: {', '.join(unknown)}. Known: {', '.join(LINES)}", file=sys.stderr)
        return 2
    print(f"{platform.platform()}, Python {platform.python_version()}")
    results: list[Line] = []
    is_complete = True
    for name in names or list(LINES):
        try:
            line = LINES[name]()
        except LookupError as error:
            print(f"{name}: not measured, {error}", flush=True)
            is_complete = False
            continue
        print(line, flush=True)
        results.append(line)
    return 0 if is_complete and all(line.holds for line in results) else 1


sys.exit(main(sys.argv[1:]))
