"""The internet's door: one application of rooms, each with its limits.

server      the port, the process, connections that lead nowhere
site        which room a request belongs to, whether it may come in now, what a failure looks like
clients     who asks, behind proxies too, and how often
webhooks    what providers tell
leaving     the way out of every mail: by one click, or by a page with one button
pages       templates and languages of the pages
"""
