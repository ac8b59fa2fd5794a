"""The browser's door: the preview, which is the first room of the studio.

    guards     who may ask at all: Host, Origin, token; the headers of every answer
    choices    what a person looks at, as an address that can be kept
    desk       an issue on the desk: the last good pictures, what is wrong now, findings and audience
    readers    whose mail is shown: people of an edition under opaque names, and sample people
    mail       a mail taken apart for reading, from the wire or from the outbox
    frame      the HTML of a mail as a page that can do nothing
    height     how tall a mail is, since its frame cannot be asked
    watch      files that change, and who wants to know
    studio     all of these together while the preview runs
    pages      what the screens show, as values; `screens` puts each together; `site` says which address shows which
    server     one process, one port

Door: `server.Preview`, and `screenshots` for PNG files. Changes nothing: no file, no database, no sending. It must not
know how editions are made or stored; it asks the services of `wiring`.
"""
