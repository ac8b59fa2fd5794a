"""The verbs of `source`: looked at, added, checked."""
