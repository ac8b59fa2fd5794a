"""Read newsletter.toml and the environment into values of the house. The only room that looks at the environment.

Its door is `read_settings`. It builds nothing: `wiring` does.
"""

from newsletter.config.settings import Settings, find_configuration, read_settings

__all__ = ["Settings", "find_configuration", "read_settings"]
