"""The pictures of a mail for who looks at its HTML without the mail around it: in a browser, in a file.

Door: `with_data_addresses`.
"""

import base64
import re
from collections.abc import Iterable

from newsletter.domain.picture import Picture

_SOURCE = re.compile(r"\bcid:[^\"'\s)>]+")


def with_data_addresses(html: str, pictures: Iterable[Picture]) -> str:
    """Write the pictures themselves where the HTML of a mail names them; a name that nobody has stays."""
    known = {picture.source: picture for picture in pictures}

    def address(match: re.Match[str]) -> str:
        picture = known.get(match[0])
        if picture is None:
            return match[0]
        return f"data:{picture.media_type};base64,{base64.b64encode(picture.content).decode()}"

    return _SOURCE.sub(address, html) if known else html
