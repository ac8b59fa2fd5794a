import pytest

from newsletter.collect.kinds.folder.front_matter import Field, FrontMatterError, read_front_matter


def test_fields_are_texts_with_their_lines() -> None:
    """A field is what was written, and where."""
    fields, body = read_front_matter('---\ntitle: "A: b"\n\ntags:\n  - x\n  - y z\nnotes: [a, b]\n---\n\nTeksti.\n')
    assert fields == {
        "title": Field(texts=("A: b",), line=2),
        "tags": Field(texts=("x", "y z"), line=4, is_list=True),
        "notes": Field(texts=("a", "b"), line=7, is_list=True),
    }
    assert body == "\nTeksti.\n"


@pytest.mark.parametrize(
    "written",
    ["9:00", "no", "on", "00530", "17.11.2017", "2017-11-17", "1e3", "0x1F", "null", "~", "1_000", "=", "12:30:45"],
)
def test_value_stays_as_it_was_written(written: str) -> None:
    """YAML's opinions about numbers, truth and dates are not ours."""
    fields, _ = read_front_matter(f"---\nkey: {written}\n---\n")
    assert fields["key"].texts == (written,)


def test_value_that_yaml_takes_for_a_comment_is_none() -> None:
    """`#kokeilut` without quotes is a comment; the caller can see that nothing came."""
    fields, _ = read_front_matter("---\ntags: #kokeilut\n---\n")
    assert fields["tags"] == Field(texts=(), line=2)


def test_body_may_hold_rules_and_the_front_matter_may_end_the_file() -> None:
    """Only the first two fences count."""
    assert read_front_matter("---\na: b\n---\nyksi\n---\nkaksi")[1] == "yksi\n---\nkaksi"
    assert read_front_matter("---\na: b\n---")[1] == ""


@pytest.mark.parametrize(
    ("text", "message", "line"),
    [
        ("Teksti ilman otsikkoa.", "The file has no front matter.", 1),
        ("---\ntitle: A\n", "The file has no front matter.", 1),
        ("---\n---\nTeksti", "The front matter has no keys.", 1),
        ("---\nvain tekstiä\n---\n", "The front matter has no keys.", 1),
        ("---\nkind: article\ntitle: SEUTU: uusi\n---\n", "The front matter is no YAML: mapping values are", 3),
        ('---\ntitle: "auki\n---\n', "The front matter is no YAML: found unexpected end of stream.", 3),
        ("---\ntitle: a\x01b\n---\n", "The front matter is no YAML.", 1),
        ("---\na: 1\nb: 2\na: 3\n---\n", "The key 'a' stands twice.", 4),
        ("---\na:\n  b: c\n---\n", "The value of 'a' is neither text nor a list of texts.", 2),
        ("---\na: [[b]]\n---\n", "The value of 'a' is neither text nor a list of texts.", 2),
        ("---\na: &x [*x]\n---\n", "The value of 'a' is neither text nor a list of texts.", 2),
    ],
)
def test_front_matter_that_cannot_be_read_says_where_and_what_to_do(text: str, message: str, line: int) -> None:
    """The commonest slip, a colon in a title without quotes, is explained at its line."""
    with pytest.raises(FrontMatterError) as caught:
        read_front_matter(text)
    assert str(caught.value).startswith(message)
    assert caught.value.line == line
    assert caught.value.hint


def test_yaml_makes_no_objects() -> None:
    """A tag that would run code is refused by name."""
    with pytest.raises(FrontMatterError, match=r"has the YAML tag '[^']*os.system', which is not read") as caught:
        read_front_matter("---\na: !!python/object/apply:os.system ['true']\n---\n")
    assert caught.value.line == 2
