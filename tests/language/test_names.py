import pytest
from babel import Locale
from babel.lists import format_list

from newsletter.domain.content import Language
from newsletter.language.names import AND, EN, FI, MONTHS, MONTHS_SHORT, SV, WEEKDAYS_SHORT


@pytest.mark.parametrize(("language", "locale"), [(FI, "fi_FI"), (SV, "sv_FI"), (EN, "en_GB")])
def test_names_are_those_of_the_cldr(language: Language, locale: str) -> None:
    """Months, days of the week and the word before the last of several are what the CLDR calls them."""
    known = Locale.parse(locale)
    months, days = known.months["stand-alone"], known.days["stand-alone"]

    assert MONTHS[language] == list(months["wide"].values())
    assert MONTHS_SHORT[language] == [name.rstrip(".") for name in months["abbreviated"].values()]
    assert WEEKDAYS_SHORT[language] == [days["abbreviated"][number] for number in range(7)]
    assert format_list(["a", "b"], locale=locale) == f"a {AND[language]} b"
