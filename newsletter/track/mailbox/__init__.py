"""Saved mails of an office's mailbox, read: leavings, reports of what did not arrive, machines, people.

The doors are `split_mails` (a file's mails as bytes) and `read_mail` (what one of them says). No mail of a stranger,
however it is made, stops them. Whether it is about a delivery of ours they do not know.
"""

from newsletter.track.mailbox.reading import read_mail
from newsletter.track.mailbox.splitting import split_mails

__all__ = ["read_mail", "split_mails"]
