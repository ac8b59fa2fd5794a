"""How a person names an item: by its key, or by any part of one that no other has."""

from collections.abc import Collection

from newsletter.domain.content import ItemKey
from newsletter.errors import UsageError

_NAMED_MOST = 5


def chosen_key(part: str, keys: Collection[ItemKey]) -> ItemKey:
    """Give the one key that is named.

    Raises:
        UsageError: None has this part, or several have.
    """
    fitting = [key for key in keys if key == part] or sorted(key for key in keys if part and part.lower() in key)
    if len(fitting) == 1:
        return fitting[0]
    if not fitting:
        hint = f"There are: {', '.join(sorted(keys)[:_NAMED_MOST])}." if keys else "There is none to choose."
        raise UsageError(f"No item has {part!r} in its key.", hint=hint)
    named = ", ".join(fitting[:_NAMED_MOST])
    raise UsageError(f"{part!r} is a part of {len(fitting)} keys.", hint=f"Write more of one: {named}.")
