"""Templates: the Jinja environment, what it may be given, and the looking over for people who write them.

It must not know what an edition is.
"""
