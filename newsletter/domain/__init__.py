"""The words of the house as values and pure rules.

Frozen, slotted, keyword-only dataclasses and functions over them: no clock, no file, no network, no database.
Every room may import from here; nothing here imports a room.
"""
