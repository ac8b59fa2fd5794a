"""On which ground people are written to: nobody invents one.

Its door is `Basis` and `require_wording`: whoever adds or imports says the ground and its wording.
"""

from dataclasses import dataclass

from newsletter.domain.audience import Ground
from newsletter.errors import UsageError


@dataclass(frozen=True, slots=True, kw_only=True)
class Basis:
    """Why people may be written to.

    Attributes:
        ground: Consent, legitimate interest or public task.
        wording: What they agreed to, or what the interest or the task is, in one sentence.
    """

    ground: Ground
    wording: str


def require_wording(basis: Basis) -> None:
    """Refuse a ground without its wording: it would prove nothing.

    Raises:
        UsageError: The wording is empty, or holds an address: it is kept when the person's record is gone.
    """
    if not basis.wording.strip():
        raise UsageError(
            f"The wording of the {basis.ground} is missing.",
            hint="Say in one sentence what the people agreed to, or what the interest or the task is.",
        )
    if "@" in basis.wording:
        raise UsageError("The wording must not hold an address: it is kept after the person's record is gone.")
