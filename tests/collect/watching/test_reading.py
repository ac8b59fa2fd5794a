"""What a reading follows from."""

import ast
import sys
from importlib.metadata import packages_distributions
from pathlib import Path

import newsletter
from newsletter.collect.watching.reading import LIBRARIES

PACKAGE = Path(newsletter.__file__).parent


def test_every_library_that_reads_a_source_is_known() -> None:
    """A new version of one reads every source again, and a library that was forgotten would not."""
    files = [*(PACKAGE / "collect").rglob("*.py"), PACKAGE / "safe_html.py"]
    nodes = [node for file in files for node in ast.walk(ast.parse(file.read_text("utf-8")))]
    names = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    names |= {node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)}
    outside = {name.split(".")[0] for name in names} - sys.stdlib_module_names - {"newsletter", "httpcore"}
    distributions = packages_distributions()
    assert {distributions[name][0] for name in outside} == set(LIBRARIES)
