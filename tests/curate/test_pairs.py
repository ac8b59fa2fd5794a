"""Items that say the same in different languages stand for one."""

from datetime import date
from itertools import permutations

import pytest

from newsletter.curate.pairs import Paired, pair
from newsletter.domain.content import Item, ItemKey, SourceId
from tests.curate.samples import EN, FI, SV, article, choice, event, publication

CHOICE = choice(issued_by=publication(languages=(FI, SV)))
ADDRESS = "https://example.org/"

FINNISH = article("a", "Uusi opas", url=f"{ADDRESS}fi", alternates=(f"{ADDRESS}sv",))
SWEDISH = article("b", "Ny handbok", language=SV, url=f"{ADDRESS}sv", source_id=SourceId("muu"))
ENGLISH = article("c", "New guide", language=EN, url=f"{ADDRESS}en", alternates=(f"{ADDRESS}sv",))
OTHER = article("d", "Muuta", url=f"{ADDRESS}muuta")


@pytest.mark.parametrize("items", list(permutations((FINNISH, SWEDISH, ENGLISH, OTHER))))
def test_who_names_another_is_paired_with_it(items: tuple[Item, ...]) -> None:
    """One naming the other is enough, also over a third; a language the publication does not write is left out."""
    assert pair(items, CHOICE) == Paired(items=(FINNISH, OTHER), translations={ItemKey("a"): {SV: SWEDISH}})


def test_files_of_a_folder_name_each_other() -> None:
    """An identity counts within its own source and for its own kind only."""
    finnish = article("a", "Paja", identity="paja.md", alternates=("paja.sv.md",))
    swedish = article("b", "Verkstad", identity="paja.sv.md", language=SV, alternates=("paja.md",))
    elsewhere = article("c", "Verkstad", identity="paja.sv.md", language=SV, source_id=SourceId("muu"))
    happening = event("d", "Verkstad", identity="paja.sv.md", language=SV, source_id=SourceId("sivu"))

    assert pair((finnish, swedish, elsewhere, happening), CHOICE) == Paired(
        items=(finnish, elsewhere, happening), translations={ItemKey("a"): {SV: swedish}}
    )


def test_a_file_of_another_source_is_no_translation() -> None:
    """Two folders may each have a file of the same name."""
    finnish = article("a", "Paja", identity="paja.md", alternates=("paja.sv.md",))
    elsewhere = article("b", "Verkstad", identity="paja.sv.md", language=SV, source_id=SourceId("muu"))

    assert pair((finnish, elsewhere), CHOICE) == Paired(items=(finnish, elsewhere))


def test_events_are_paired_too() -> None:
    """A happening may have a page in each language."""
    finnish = event("a", "Paja", alternates=(f"{ADDRESS}sv",))
    swedish = event("b", "Verkstad", language=SV, url=f"{ADDRESS}sv")

    assert pair((finnish, swedish), CHOICE) == Paired(items=(finnish,), translations={ItemKey("a"): {SV: swedish}})


def test_two_that_name_the_same_third_say_the_same() -> None:
    """Both translations are known before the original is."""
    swedish = article("b", "Verkstad", language=SV, alternates=(f"{ADDRESS}fi",))
    finnish = article("c", "Paja", alternates=(f"{ADDRESS}fi",))

    assert pair((swedish, finnish), CHOICE) == Paired(items=(finnish,), translations={ItemKey("c"): {SV: swedish}})


def test_a_page_that_several_lead_to_is_nobodys_translation() -> None:
    """Two articles that link to the same page are two articles."""
    first = article("b", "Ett", language=SV, url=f"{ADDRESS}sv")
    second = article("c", "Två", language=SV, url=f"{ADDRESS}sv")

    assert pair((FINNISH, first, second), CHOICE) == Paired(items=(FINNISH, first, second))


def test_what_was_published_in_the_period_stands_for_what_was_not() -> None:
    """A translation that came a month later does not lose its item; it becomes the item."""
    late = article("b", "Ny handbok", date(2017, 11, 2), language=SV, url=f"{ADDRESS}sv")
    early = article("a", "Uusi opas", date(2017, 10, 30), alternates=(f"{ADDRESS}sv",))
    undated = article("c", "Uusi opas", None, alternates=(f"{ADDRESS}sv",))

    assert pair((early, late), CHOICE) == Paired(items=(late,), translations={ItemKey("b"): {FI: early}})
    assert pair((undated, late), CHOICE) == Paired(items=(late,), translations={ItemKey("b"): {FI: undated}})


def test_of_two_in_one_language_both_stand() -> None:
    """Nothing is lost where a source calls two Swedish texts translations of one."""
    one = article("b", "Ett", language=SV, url=f"{ADDRESS}sv")
    two = article("c", "Två", language=SV, alternates=(f"{ADDRESS}fi",))

    assert pair((FINNISH, one, two), CHOICE) == Paired(items=(FINNISH, two), translations={ItemKey("a"): {SV: one}})
