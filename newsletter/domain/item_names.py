"""How a person names an item: by its key, by any part of one that no other has, or by its number in a list."""

import difflib
import re
from collections.abc import Collection, Mapping

from newsletter.domain.content import ItemKey
from newsletter.errors import UsageError

_NAMED_MOST = 5
_NUMBER = re.compile(r"\+?[1-9]\d{0,4}")


def chosen_key(
    part: str,
    keys: Collection[ItemKey],
    *,
    numbers: Mapping[str, ItemKey] | None = None,
    titles: Mapping[ItemKey, str] | None = None,
) -> ItemKey:
    """Give the one key that is named.

    Args:
        part: The key, a part of it, or a number.
        keys: All there are.
        numbers: The key by its number, as a list prints it.
        titles: Shown beside the keys of which one may be meant.

    Raises:
        UsageError: None has this part, or several have.
    """
    if numbers and part not in keys and _NUMBER.fullmatch(part) and part in numbers:
        return numbers[part]
    fitting = [key for key in keys if key == part] or sorted(key for key in keys if part and part.lower() in key)
    if len(fitting) == 1:
        return fitting[0]
    if not fitting:
        nearest = _nearest(part, keys)
        hint = f"{'The nearest' if nearest else 'There are'}: {_named(nearest or sorted(keys), titles)}."
        raise UsageError(f"No item has {part!r} in its key.", hint=hint if keys else "There is none to choose.")
    hint = f"Write more of one: {_named(fitting, titles)}."
    raise UsageError(f"{part!r} is a part of {len(fitting)} keys.", hint=hint)


def _named(keys: Collection[ItemKey], titles: Mapping[ItemKey, str] | None) -> str:
    """Name some keys, with their titles where these are known."""
    shown = list(keys)[:_NAMED_MOST]
    return ", ".join(f"{key} “{titles[key]}”" if titles and key in titles else key for key in shown)


def _nearest(part: str, keys: Collection[ItemKey]) -> list[ItemKey]:
    """Give the keys of which one word is written most like the part."""
    words: dict[str, set[ItemKey]] = {}
    for key in keys:
        for word in key.split("-"):
            words.setdefault(word, set()).add(key)
    near = difflib.get_close_matches(part.lower(), words, n=3)
    return sorted({key for word in near for key in words[word]})
