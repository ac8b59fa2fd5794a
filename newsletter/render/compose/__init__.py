"""Compose: cut editions out of an issue.

Doors: `edition_keys` (which editions there are) and `compose` (one of them). Pure; knows no template and no file.
"""

from newsletter.render.compose.editions import EVERY_COMBINATION_MAX, compose, edition_keys

__all__ = ["EVERY_COMBINATION_MAX", "compose", "edition_keys"]
