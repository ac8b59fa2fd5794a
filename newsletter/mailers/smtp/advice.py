"""What to ask the IT department, by what a mail server says: its own words are for whoever runs it."""

from collections.abc import Mapping

_APP = "an app registration with the right SMTP.SendAsApp for this mailbox"
ADVICE: Mapping[str, str] = {
    "5.7.30": "Microsoft 365 takes no passwords for SMTP here. Ask the IT department for"
    f" {_APP}, and for a command that prints its tokens: token_command in [mailer.smtp] (docs/it.md).",
    "5.7.139": "Microsoft 365 does not let this mailbox sign in by SMTP. Ask the IT department to allow authenticated"
    " SMTP for it, and to see which sign-in policy stops it (docs/it.md).",
    "4.3.2": "Microsoft 365 takes three connections of a mailbox at a time. Set connections = 2 in [mailer.smtp], and"
    " ask the IT department whether another program sends from the same mailbox.",
    "5.7.60": "The mailbox that signs in may not send as [sender] address. Ask the IT department for the right to"
    " send as it.",
}
"""By the code of RFC 3463 that an answer carries."""

_OF_MICROSOFT = "STOREDRV"
"""4.3.2 is said by many servers, and of many things; with this word by theirs, of connections."""


def advice_on(said: str) -> str:
    """Give what to do about an answer, as a sentence to add to it; empty where nothing is known."""
    words = said.replace(";", " ").split()
    code = next((code for code in ADVICE if code in words), "")
    if code == "4.3.2" and _OF_MICROSOFT not in said:
        return ""
    return f" {ADVICE[code]}" if code else ""
