"""How bytes come in: from the public internet, and from files of this machine. Door: `fetch`.

It must not know what is in them.
"""
