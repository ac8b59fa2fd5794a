"""A value that can be anything: what a template is given when it is looked over without its values.

It can be called, indexed, counted, compared and gone through (once). It is true or false by its class, so that both
sides of a condition are seen; printed, it is a word that nothing complains of.
Door: `KINDS`. It must not know templates.
"""

from collections.abc import Iterator
from typing import Self

import jinja2

from newsletter.render.compiler.schema import ANY_VALUE


class Placeholder(jinja2.Undefined):
    """Placeholder, and true."""

    __slots__ = ()

    is_true = True
    unsafe_callable = False
    alters_data = False

    def __getattr__(self, name: str) -> "Placeholder":
        """Give anything for any name but Python's and Jinja's own, which mean something to them."""
        if name.startswith(("_", "jinja_")):
            raise AttributeError(name)
        return type(self)()

    def __bool__(self) -> bool:
        return self.is_true

    def __str__(self) -> str:
        return ANY_VALUE

    def __len__(self) -> int:
        return 1

    def __iter__(self) -> Iterator[Self]:
        yield self

    def __hash__(self) -> int:
        return id(self.is_true)

    def __int__(self) -> int:  # type: ignore[override]  # Jinja's raises
        return 1

    def __float__(self) -> float:  # type: ignore[override]  # as above
        return 1.0

    __index__ = __int__

    def _any(self, *_args: object, **_named: object) -> Self:
        return self

    def _claim(self, _other: object) -> bool:
        return self.is_true

    # What Python does with a value, by the name it looks for.
    __call__ = __getitem__ = _any  # type: ignore[assignment]  # Jinja's raise
    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = __mod__ = __rmod__ = _any  # type: ignore[assignment]
    __truediv__ = __rtruediv__ = __floordiv__ = __rfloordiv__ = __pow__ = __rpow__ = __neg__ = __pos__ = _any  # type: ignore[assignment]
    __eq__ = __ne__ = __lt__ = __le__ = __gt__ = __ge__ = __contains__ = _claim  # type: ignore[assignment]


class NothingElse(Placeholder):
    """Placeholder, and false."""

    __slots__ = ()

    is_true = False


KINDS: tuple[type[Placeholder], ...] = (Placeholder, NothingElse)
"""The value in its two kinds: both sides of each condition."""
