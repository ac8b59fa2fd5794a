"""A password or key: where it is kept, read when it is used, and never shown.

It comes from a NEWSLETTER_* variable or from a file of its own that only its owner can read: never from the settings,
which goes into git, and never from a flag, which every process list shows.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from newsletter import machine
from newsletter.errors import ConfigurationError


@dataclass(frozen=True, slots=True, kw_only=True)
class Secret:
    """One secret.

    Attributes:
        variable: The environment variable that may hold it; it wins over the file.
        value: What the variable held; None when it was not set.
        file: The file that may hold it, or None.
    """

    variable: str
    value: str | None = field(default=None, repr=False)
    file: Path | None = None

    @classmethod
    def at(cls, variable: str, file: str | None, root: Path, environment: Mapping[str, str]) -> Self:
        """Note where a secret is kept; the file counts from the publication's folder."""
        value = environment.get(variable, "").strip() or None
        return cls(variable=variable, value=value, file=None if file is None else root / file)

    def read(self) -> str:
        """Give the secret.

        Raises:
            ConfigurationError: It is nowhere, or its file cannot be read, is empty, or is open to others; or it is more
                than one line.
        """
        secret = self.value if self.value is not None else self._in_file()
        if not secret.isprintable():
            where = self.variable if self.value is not None or self.file is None else self.file.name
            raise ConfigurationError(
                f"{where} holds more than one line, or control characters.", hint="Copy the secret again, and it alone."
            )
        return secret

    def _in_file(self) -> str:
        """Give what the file holds.

        Raises:
            ConfigurationError: As `read`.
        """
        if self.file is None:
            raise ConfigurationError(
                f"{self.variable} is not set.",
                hint=f"Set {self.variable}, or name a file that holds it and nothing else in newsletter.toml.",
            )
        try:
            is_open_to_others = machine.is_open_to_others(self.file)
            secret = self.file.read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigurationError(f"{self.file.name} cannot be read.", hint="Check its path and owner.") from error
        if is_open_to_others:
            raise ConfigurationError(
                f"{self.file.name} holds a secret and is open to others.", hint=f"chmod 600 {self.file.name}"
            )
        if not secret:
            raise ConfigurationError(f"{self.file.name} is empty.", hint=f"Write the secret into it: {self.variable}.")
        return secret
