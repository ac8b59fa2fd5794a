"""Looks at an address that is no source yet: what stands there, and what it names. Door: `discover`."""
