"""A ground on which the people of the tests are written to."""

from newsletter.audience.grounds import Basis
from newsletter.domain.audience import Ground

ASKED = Basis(ground=Ground.CONSENT, wording="asked for it")
