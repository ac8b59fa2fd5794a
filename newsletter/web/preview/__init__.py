"""The preview: the editor's local page, which shows every edition while its files are edited.

    guards   who may ask at all: Host, Origin, token; the headers of every answer
    view     an issue on the view: the last good pictures, what is wrong now, findings and audience
    watch    files that change, and who wants to know
    studio   all of these together while the preview runs
    pages    what the screens show, as values; `screens` puts each together; `site` says which address shows which
    server   one process, one port

Door: `server.Preview`. Changes nothing: no file, no database, no sending. It must not know how a mail is taken apart;
`web.messages` does.
"""
