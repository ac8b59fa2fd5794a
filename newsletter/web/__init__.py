"""The browser's doors: the editor's local preview, and the address where providers tell what became of our mails.

    messages    a mail as a person sees it
    preview    the editor's local page over an issue; the first room of the studio. Door: `server.Preview`
    webhooks   what providers tell; `outside` runs it on a port until somebody stops it
    pages      what the pages of both sides have in common
    port       a port of this machine, taken; `quiet` sets up whatever listens on it

It must not know how editions are made or stored; it asks the services of `wiring`.
"""
