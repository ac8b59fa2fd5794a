"""issue.toml as a person meets it."""

import re
from dataclasses import replace
from datetime import date, datetime

from newsletter.curate.draft import make_draft
from newsletter.curate.issue_text import draft_text, left_out_in
from newsletter.curate.select import select
from newsletter.domain.content import Item, fingerprint
from newsletter.domain.issue import EditionWords, IssueLabel
from newsletter.domain.pick import LeftOutItem
from newsletter.domain.told import SentItem
from tests.curate.samples import ADVISERS, FI, ZONE, article, choice, event, segment

SHARED = article("rahoitus-auki", 'Rahoitus "auki"', url="https://example.org/a", summary="Haku alkaa.")
OWN = article("neuvonta-alkaa", "Neuvonta alkaa", date(2017, 11, 20), body_html="<p>Tule.</p>", author="Aino Niemi")
MEETING = event(
    "rahoituspaiva",
    "Rahoituspäivä",
    datetime(2017, 12, 5, 9, 0, tzinfo=ZONE),
    end=datetime(2017, 12, 5, 15, 0, tzinfo=ZONE),
    place="Forssa",
)
OLD = article("lokakuun-juttu", "Lokakuun\njuttu", date(2017, 10, 13))
GREETINGS = article("terveiset", "Terveiset")


def plain(html: str) -> str:
    """Give the text of one paragraph."""
    return html.removeprefix("<p>").removesuffix("</p>")


def test_a_draft_is_made_for_a_person() -> None:
    """Words come first, machine's marks after them, the reasons above each item, what nobody gets at the end."""
    items: list[Item] = [SHARED, OWN, MEETING, OLD, GREETINGS]
    made_with = choice()
    draft = make_draft(select(items, made_with), items, made_with, markdown_of=plain)
    assert (
        draft_text(draft, made_with.publication)
        == f"""\
# Issue 2017-11, yours to edit: every word below is what readers will see.
#
# To move an item, move its key within [order]. To leave one out, take its key out there, but let its
# table stay: `newsletter issue new 2017-11 --update` adds what has no table. `issue move`,
# `drop`, `take` and `edit` do the same from the command line, and `undo` takes it back. A comment above
# each item says why it was picked. Your own comments stay where you put them.
# An item's words in another language stand in a table below its own, such as [item.KEY.sv]; a picture
# is image = "content/images/x.jpg", with what it shows in image_alt. How much of an item readers get is
# form = "whole", "lead" or "title"; without it the first is whole, others are cut where a link leads on.
# Times are those of Europe/Helsinki.

label = "2017-11"
date = 2017-11-24 # the planned day of sending: what is coming or past is seen from it

[edition.fi]
subject = 'Seutukirje marraskuu 2017: Rahoitus "auki"'
preheader = "Kuulumisia kaupungeista"
greeting = '''
Tähän numeroon on koottu tuoreimmat kuulumiset ja lähiviikkojen tapahtumat. Antoisia lukuhetkiä!
'''

# A table [edition.fi.managers] may give that segment another subject, preheader or greeting.

[order]
advisers = [
  "rahoitus-auki", # Rahoitus "auki"
  "neuvonta-alkaa", # Neuvonta alkaa
  "rahoituspaiva", # Rahoituspäivä
]
managers = [
  "rahoitus-auki", # Rahoitus "auki"
  "rahoituspaiva", # Rahoituspäivä
]

# all segments: topic rahoitus: Rahoitus (title)
[item.rahoitus-auki]
kind = "article"
title = 'Rahoitus "auki"'
lead = "Haku alkaa."
link = "https://example.org/a"
section = "raha"
published = 2017-11-17
language = "fi"
source = "sivu"
fingerprint = "{fingerprint(SHARED)}"

# advisers: topic palvelut: Neuvonta (title)
# managers: left out, about palvelut, no topic of this segment
[item.neuvonta-alkaa]
kind = "article"
title = "Neuvonta alkaa"
lead = "Tule."
section = "uutiset"
author = "Aino Niemi"
published = 2017-11-20
language = "fi"
source = "sivu"
fingerprint = "{fingerprint(OWN)}"
body = '''
Tule.
'''

# all segments: topic rahoitus: Rahoituspäivä (title)
[item.rahoituspaiva]
kind = "event"
title = "Rahoituspäivä"
lead = ""
section = "tapahtumat"
place = "Forssa"
start = 2017-12-05T09:00:00
end = 2017-12-05T15:00:00
language = "fi"
source = "kalenteri"
fingerprint = "{fingerprint(MEETING)}"

# ------------------------------------------------------------------------------
# Left out when this file was made. To take one in: newsletter issue take 2017-11 +1
#
# +1 terveiset "Terveiset"
#     all segments: about no topic
#
# +2 lokakuun-juttu "Lokakuun juttu"
#     all segments: published 13.10.2017, outside 2017-11
"""
    )


def test_what_is_left_out_stands_by_its_worth() -> None:
    """What is new stands first and is marked; then what changed, mentions, what has no topic, other months."""
    later, before = datetime(2017, 10, 30, tzinfo=ZONE), datetime(2017, 10, 20, tzinfo=ZONE)
    items: list[Item] = [
        article("a-vanha", "Rahoitus", date(2017, 10, 13)),
        article("b-muu", "Terveiset"),
        article("c-maininta", "Kylässä", body_html="<p>Rahoitusta haettiin.</p>"),
        article("d-muuttui", "Rahoitus"),
        article("e-uusi", "Terveiset"),
    ]
    made_with = choice(
        offered_until=before,
        first_seen={items[4].key: later},
        sent={items[3].key: SentItem(label=IssueLabel("2017-10"), fingerprint="other")},
    )
    text = draft_text(make_draft(select(items, made_with), items, made_with, markdown_of=plain), made_with.publication)
    shown = re.findall(r'^# (.*) "', text.partition("Left out when")[2], re.MULTILINE)
    assert shown == [
        "+1 NEW e-uusi",
        "+2 updated since d-muuttui",
        "+3 mention only c-maininta",
        "+4 b-muu",
        "+5 a-vanha",
    ]
    assert left_out_in(text.replace("\n", "\r\n")) == (
        LeftOutItem(number=1, key=items[4].key, title="Terveiset", mark="NEW"),
        LeftOutItem(number=2, key=items[3].key, title="Rahoitus", mark="updated since"),
        LeftOutItem(number=3, key=items[2].key, title="Kylässä", mark="mention only"),
        LeftOutItem(number=4, key=items[1].key, title="Terveiset", mark=""),
        LeftOutItem(number=5, key=items[0].key, title="Rahoitus", mark=""),
    )


def test_with_one_segment_no_other_words_are_offered() -> None:
    """What differs for a segment is of no use where there is one alone."""
    made_with = choice(segments=[segment(ADVISERS, 1)])
    words = EditionWords(subject="A", preheader="B", greeting="C")
    draft = replace(make_draft((), (), made_with, markdown_of=plain), words={FI: words})
    assert draft_text(draft, made_with.publication).partition("[edition.fi]")[2] == (
        "\nsubject = \"A\"\npreheader = \"B\"\ngreeting = '''\nC\n'''\n\n[order]\nadvisers = [\n]\n"
    )
