"""What one mail says: a token in its subject, a report, a machine's word, or a person's.

A token counts in the subject alone, where the links of our mails put it: whoever answers a newsletter or forwards it
quotes the token in the text and does not want to leave. A report counts through the Message-ID of the mail it is about,
which has the delivery's key in it: 128 random bits that only this mail's reader has ever seen.
"""

import email
import re
from datetime import datetime
from email.header import decode_header, make_header
from email.message import Message
from email.utils import parseaddr, parsedate_to_datetime

from newsletter.domain.saved_mail import MailMeaning, SavedMail
from newsletter.message.privacy import without_private
from newsletter.track.mailbox.phrases import AWAY, LEAVING
from newsletter.track.mailbox.reports import is_report, read_report
from newsletter.track.mailbox.structure import parts_of, text_of

_FORM = r"u\.[\w-]{4}\.[\w-]{43}\.[\w-]{22}"
_ANY_TOKEN = re.compile(_FORM, re.ASCII)
_IN_SUBJECT = re.compile(rf"(?P<wish>preferences)?(?P<token>{_FORM})(?![\w-])", re.ASCII)
_SUBJECT_LENGTH_MAX = 60
_MACHINES_HEADERS = ("X-Autoreply", "X-Autorespond", "X-Autoresponder", "X-Vacation")


def read_mail(raw: bytes) -> SavedMail:
    """Say what a mail is; nothing in it can make this fail."""
    try:
        return _read(raw)
    except Exception as error:  # noqa: BLE001 - Python's parser of mails fails in many ways on what strangers write
        reason = f"It cannot be read ({type(error).__name__})."
        return SavedMail(subject="", meaning=MailMeaning.NOT_UNDERSTOOD, reason=reason)


def _read(raw: bytes) -> SavedMail:
    message = email.message_from_bytes(raw)
    subject, at = header(message, "Subject"), _moment(message)
    shown = _without_tokens(subject)
    if not message.keys() or not (message.get("From") or message.get("Subject")):
        return SavedMail(
            subject=shown, meaning=MailMeaning.NOT_UNDERSTOOD, reason="It has no sender and no subject.", at=at
        )
    found = _IN_SUBJECT.search("".join(subject.split()))
    if found is not None:
        meaning = MailMeaning.WISHES if found["wish"] else MailMeaning.LEAVES
        return SavedMail(subject=shown, meaning=meaning, at=at, token=found["token"])
    parts = parts_of(message)
    if is_report(message, parts, subject):
        return read_report(raw, message, parts, subject=shown, at=at)
    if _is_by_machine(message, subject):
        return SavedMail(subject=shown, meaning=MailMeaning.AWAY, at=at)
    if LEAVING.search(subject) or LEAVING.search(text_of(parts)[:500]):
        reason = "May want to leave; no token of ours came along."
        return SavedMail(subject=shown, meaning=MailMeaning.TO_READ, reason=reason, at=at)
    return SavedMail(subject=shown, meaning=MailMeaning.TO_READ, at=at)


def header(message: Message, name: str) -> str:
    """Give a header on one line, decoded as far as it can be."""
    written = str(message.get(name, ""))
    try:
        decoded = str(make_header(decode_header(written)))
    except (ValueError, LookupError):
        decoded = written
    return " ".join(decoded.split())


def _without_tokens(subject: str) -> str:
    """Give what may be shown of a subject."""
    return without_private(_ANY_TOKEN.sub("(hidden)", subject))[:_SUBJECT_LENGTH_MAX]


def _moment(message: Message) -> datetime | None:
    """Give the aware moment of a mail's date."""
    try:
        at = parsedate_to_datetime(str(message.get("Date", "")))
    except (ValueError, TypeError, OverflowError):
        return None
    return at if at.tzinfo is not None else None


def _is_by_machine(message: Message, subject: str) -> bool:
    """Tell whether a machine wrote, for somebody who is away (RFC 3834) or otherwise."""
    submitted = header(message, "Auto-Submitted").partition(";")[0].strip().casefold()
    if submitted not in ("", "no") or any(name in message for name in _MACHINES_HEADERS):
        return True
    precedence = header(message, "Precedence").casefold()
    local_part = parseaddr(header(message, "From"))[1].partition("@")[0].casefold()
    return precedence in ("auto_reply", "bulk", "junk", "list") or "noreply" in local_part or bool(AWAY.match(subject))
