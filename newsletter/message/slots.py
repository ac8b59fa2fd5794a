"""Slots: the few values in a message that differ from person to person.

Door: `split`, once per edition, then `Slotted.fill` per person, which is one join; `fill_text` for a single preview.
The tokens are looked for once, in the message and never in a value: a name that looks like a token stays a name.
"""

import html
import re
from collections.abc import Mapping
from dataclasses import dataclass

from newsletter.domain.issue import Slot
from newsletter.errors import UsageError

# U+2028 and U+2029 break lines in some mail programs, so they count as controls here.
_CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")
# The bytes that any of them begins with in UTF-8, and what HTML escapes; other characters begin with the first as well.
_PERHAPS_UNFIT = bytes([0xC2, 0xE2, *range(0x20), 0x7F, *b"&<>\"'"])


@dataclass(frozen=True, slots=True, kw_only=True)
class Slotted:
    """A body cut at its slots.

    Attributes:
        pieces: The body, with an empty piece where each value goes.
        places: Which piece takes the value of which slot.
    """

    pieces: tuple[bytes, ...]
    places: tuple[tuple[int, Slot], ...]

    def fill(self, values: Mapping[Slot, bytes]) -> bytes:
        """Join the body with one person's values, which must be fit for its kind of text already.

        Raises:
            UsageError: A slot of the body has no value.
        """
        return b"".join(self.parts(values))

    def parts(self, values: Mapping[Slot, bytes]) -> list[bytes]:
        """Give the pieces with one person's values, for who joins several bodies: each join copies every byte.

        Raises:
            UsageError: A slot of the body has no value.
        """
        parts = list(self.pieces)
        try:
            for position, slot in self.places:
                parts[position] = values[slot]
        except KeyError as missing:
            raise _no_value(missing.args[0]) from missing
        return parts


def split(text: str, tokens: Mapping[Slot, str]) -> Slotted:
    """Cut a body at its tokens, once for all its readers."""
    pieces: list[bytes] = []
    places: list[tuple[int, Slot]] = []
    for part in cut(text, tokens):
        if isinstance(part, Slot):
            places.append((len(pieces), part))
            pieces.append(b"")
        else:
            pieces.append(part.encode())
    return Slotted(pieces=tuple(pieces), places=tuple(places))


def cut(text: str, tokens: Mapping[Slot, str]) -> list[str | Slot]:
    """Give the stretches of a text and the slots between them, in order; text and slots take turns."""
    if not tokens:
        return [text]
    slots = {token: slot for slot, token in tokens.items()}
    # Slot is a str itself, so the position decides: split with one group gives every token an odd one.
    pattern = re.compile("(" + "|".join(re.escape(token) for token in slots) + ")")
    return [slots[part] if position % 2 else part for position, part in enumerate(pattern.split(text))]


def fit_values(values: Mapping[Slot, str]) -> tuple[dict[Slot, bytes], dict[Slot, bytes]]:
    """Make one person's values fit for HTML text and quoted attributes, and for plain text, in this order.

    A value stays on its line in both: a control character or line break becomes a space.
    """
    encoded = "\n".join(values.values()).encode()
    # Dropping bytes and comparing lengths is the quickest look for them that Python has: most people have none.
    if len(encoded) - len(encoded.translate(None, _PERHAPS_UNFIT)) == len(values) - 1:
        fit = dict(zip(values, encoded.split(b"\n"), strict=True))
        return fit, fit
    both = {slot: fit_value(value) for slot, value in values.items()}
    return (
        {slot: for_html.encode() for slot, (for_html, _) in both.items()},
        {slot: for_text.encode() for slot, (_, for_text) in both.items()},
    )


def fit_value(value: str) -> tuple[str, str]:
    """Make one value fit for HTML text and quoted attributes, and for plain text, in this order; as `fit_values`."""
    for_text = one_line(value)
    return html.escape(for_text), for_text


def fill_text(text: str, tokens: Mapping[Slot, str], values: Mapping[Slot, str], *, is_html: bool) -> str:
    """Fill a body for one person: what `split` and `fill` do for thousands.

    Raises:
        UsageError: A slot of the body has no value.
    """
    for_html, for_text = fit_values(values)
    return split(text, tokens).fill(for_html if is_html else for_text).decode()


def one_line(value: str) -> str:
    """Put a space for every control character and line break."""
    return _CONTROLS.sub(" ", value)


def _no_value(slot: Slot) -> UsageError:
    return UsageError(
        f"No value was given for the slot {str(slot)!r}.",
        hint="Give every slot of the message a value, if an empty one.",
    )
