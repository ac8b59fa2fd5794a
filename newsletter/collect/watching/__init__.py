"""How a source behaves over time: whether it is as it was, what it lacks. Doors: `reading`, `absence`."""
