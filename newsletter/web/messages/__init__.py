"""A mail as a person sees it.

    choices       what a person looks at, as an address that can be kept
    readers       whose mail is shown: people of an edition under opaque names, and sample people
    mail          a mail taken apart for reading, from the wire or from the outbox
    frame         the HTML of a mail as a page that can do nothing
    screenshots   PNG files of every edition

It must not know which addresses show it or who is looking.
"""
