import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.audience.tokens import (
    TokenPurpose,
    make_token,
    read_token,
    read_unsubscribe_token,
    unsubscribe_token,
)
from newsletter.domain.audience import hash_address
from newsletter.errors import UsageError

KEY = bytes(range(32))
OLDER_KEY = bytes(range(32, 64))
PURPOSE = TokenPurpose.UNSUBSCRIBE
AINO = hash_address("aino@example.com", KEY)


@given(
    subject=st.from_regex(r"[A-Za-z0-9_-]{1,100}", fullmatch=True),
    purpose=st.sampled_from(TokenPurpose),
    key=st.binary(min_size=32, max_size=32),
)
def test_a_token_gives_its_subject_back(subject: str, purpose: TokenPurpose, key: bytes) -> None:
    """What was signed is read with the same key and for the same purpose."""
    assert read_token(make_token(purpose, subject, key), purpose, [key]) == subject


def test_an_unsubscribe_token_is_the_same_for_ever() -> None:
    """The form of the token is fixed: mails sent years ago carry it."""
    token = unsubscribe_token(AINO, KEY)

    assert token == "u.YxaS.n8TzyGtjzqtrIwRSsiBPW2iagbN73rBQSx0gmW9ITc0.Ti1ayutg7YY2fzFeYeCLOQ"
    assert read_unsubscribe_token(token, [KEY]) == AINO


def test_an_unsubscribe_token_is_short_and_needs_no_escaping() -> None:
    """It fits into a header line and a mailto address as it is."""
    token = unsubscribe_token(AINO, KEY)

    assert (len(token), set(token) <= set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-")) == (
        73,
        True,
    )


def test_a_token_folded_on_its_way_is_read() -> None:
    """A mail program may break the subject line in which the token comes back."""
    token = unsubscribe_token(AINO, KEY)

    assert read_unsubscribe_token(f" {token[:40]}\r\n {token[40:]}\n", [KEY]) == AINO


def test_a_rotated_key_still_reads_old_tokens_until_it_is_removed() -> None:
    """An old mail's link works while its key is kept, and is refused when the key is gone."""
    token = unsubscribe_token(AINO, OLDER_KEY)

    assert read_unsubscribe_token(token, [KEY, OLDER_KEY]) == AINO
    with pytest.raises(UsageError):
        read_unsubscribe_token(token, [KEY])


def _parts(token: str) -> list[str]:
    return token.split(".")


TOKEN = unsubscribe_token(AINO, KEY)
OTHER = unsubscribe_token(hash_address("eero@example.com", KEY), KEY)


@pytest.mark.parametrize(
    "forged",
    [
        "",
        ".",
        "...",
        "1",
        "aino@example.com",
        base64.urlsafe_b64encode(b"aino@example.com").decode(),
        TOKEN[:-1],
        TOKEN + "A",
        TOKEN[1:],
        TOKEN.upper(),
        TOKEN.replace("u.", "p.", 1),
        TOKEN.replace("u.", "none.", 1),
        ".".join(_parts(TOKEN)[:3]) + ".",
        ".".join([*_parts(TOKEN)[:3], _parts(OTHER)[3]]),
        ".".join([*_parts(TOKEN)[:2], _parts(OTHER)[2], _parts(TOKEN)[3]]),
        ".".join(["u", "AAAA", *_parts(TOKEN)[2:]]),
        "u.YxaS.ä." + _parts(TOKEN)[3],
        TOKEN + "." + TOKEN,
        TOKEN * 1_000,
        " " * 100_000 + TOKEN,
        make_token(TokenPurpose.PREFERENCES, _parts(TOKEN)[2], KEY),
    ],
)
def test_a_token_that_was_not_made_for_this_is_refused_in_the_same_words(forged: str) -> None:
    """Changed, cut, extended, of another purpose or made up: the answer gives no hint which."""
    with pytest.raises(UsageError) as caught:
        read_unsubscribe_token(forged, [KEY])

    assert caught.value.message == "This is not a valid token of this publication."


def test_no_single_changed_character_is_accepted() -> None:
    """Every character of a token counts, also the spare bits at the end of its parts."""
    accepted = []
    for position, character in enumerate(TOKEN):
        for other in "AQgw_x1":
            if other != character:
                changed = TOKEN[:position] + other + TOKEN[position + 1 :]
                try:
                    accepted.append(read_unsubscribe_token(changed, [KEY]))
                except UsageError:
                    continue

    assert accepted == []


def test_the_error_and_the_token_do_not_hold_the_address_or_the_key() -> None:
    """A token travels through logs; it says nothing about whose it is."""
    raw = b"".join(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)) for part in _parts(TOKEN)[1:])

    assert (b"aino" in raw, b"aino" in TOKEN.encode(), KEY[:4] in raw) == (False, False, False)
