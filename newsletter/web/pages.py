"""What the pages of both sides have in common: how templates are read, and which language a visitor gets."""

from collections.abc import Sequence
from pathlib import Path

import jinja2


def page_templates(folder: Path) -> jinja2.Environment:
    """Give the templates of a folder: values stay values, and a name that is not there is an error."""
    return jinja2.Environment(
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        loader=jinja2.FileSystemLoader(folder),
        trim_blocks=True,
        lstrip_blocks=True,
    )


def spoken(wanted: Sequence[str], accepted: str, ours: Sequence[str], otherwise: str) -> str:
    """Choose a language among ours: what is wanted first, the strongest first, then what the browser says.

    The order of `accepted`, an Accept-Language header, is taken for the order of preference.
    """
    told = [part.split(";")[0].strip()[:2].lower() for part in accepted.split(",")[:20]]
    return next((one for one in [*wanted, *told] if one in ours), otherwise)
