import pytest

from newsletter.render.templates.plain import plain_text


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<h1>Otsikko</h1><p>Yksi\n <b>kaksi</b>  kolme</p>", "Otsikko\n\nYksi kaksi kolme\n"),
        ("<p>Rivi<br>toinen</p>", "Rivi\ntoinen\n"),
        ("<ul><li>yksi</li><li>kaksi</li></ul>", "- yksi\n\n- kaksi\n"),
        (
            '<p>Lue <a href="https://a.example/1">koko juttu</a> tai <a href="/b">muu</a>.</p>',
            "Lue koko juttu tai muu.\nhttps://a.example/1\n",
        ),
        ('<p><a href="https://a.example/1">https://a.example/1</a></p>', "https://a.example/1\n"),
        ("<p><img alt='Kuva' src='x'></p>", "Kuva\n"),
        ("<div style='display:none'>piilo<p>yhä</p></div>näkyy<!-- ei --> tämäkin", "näkyy tämäkin\n"),
        ("<head><title>ei</title></head><style>ei</style><table><tr><td>a</td><td>b</td></tr></table>", "a\n\nb\n"),
        (f"<p>{'sana ' * 20}</p>", " ".join(["sana"] * 14) + "\n" + " ".join(["sana"] * 6) + "\n"),
    ],
)
def test_words_of_a_document_are_read_in_order(html: str, text: str) -> None:
    """Blocks stand apart, addresses have lines of their own, and what nobody sees is not there."""
    assert plain_text(f"<html><body>{html}</body></html>") == text
