"""Make newsletter/audience/segments/municipalities.tsv: Finland's municipalities, their regions and languages.

Municipalities and regions come from Statistics Finland's classifications (CC BY 4.0), as its open interface gives them
in Finnish and in Swedish; save both answers for the year and run

    python docs/make_municipalities.py FINNISH.json SWEDISH.json

    .../classificationservice/open/api/classifications/v2/correspondenceTables/
        kunta_1_YEAR0101%23maakunta_1_YEAR0101/maps?content=data&format=json&meta=min&lang=fi (and lang=sv)

The table that is here was made of those of 2026. Which municipalities are bilingual says the Government's decree on the
language status of municipalities in 2023-2032; those of Åland are Swedish by its Act on Autonomy. Statutes are free.
"""

import csv
import json
import re
import sys
from pathlib import Path

TARGET = Path(__file__).parents[1] / "newsletter" / "audience" / "segments" / "municipalities.tsv"
COLUMNS = ("code", "finnish", "swedish", "region_finnish", "region_swedish", "languages")
ALAND = "21"
BILINGUAL = frozenset(
    re.findall(
        r"\d{3}",
        # With a Finnish majority, then with a Swedish one.
        """049 078 091 092 231 235 257 272 407 434 444 504 624 638 753 755 853 905
        149 280 287 288 322 440 445 475 499 545 598 599 710 893 946""",
    )
)


def main(finnish: str, swedish: str) -> None:
    """Write the table."""
    own, other = (_read(Path(name)) for name in (finnish, swedish))
    if strange := BILINGUAL - set(own) | set(own) ^ set(other):
        raise SystemExit(f"These codes are not in every list: {', '.join(sorted(strange))}.")
    with TARGET.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, delimiter="\t", lineterminator="\n")
        writer.writerow(COLUMNS)
        for code, (name, region_code, region) in sorted(own.items()):
            languages = "bilingual" if code in BILINGUAL else "swedish" if region_code == ALAND else "finnish"
            # Statistics Finland writes Mariehamn in both languages at once.
            writer.writerow([code, name.split(" - ")[0], other[code][0], region, other[code][2], languages])


def _read(path: Path) -> dict[str, tuple[str, str, str]]:
    """Give name, region code and region of each municipality by its code."""
    return {
        pair["sourceItem"]["code"]: (_name(pair["sourceItem"]), pair["targetItem"]["code"], _name(pair["targetItem"]))
        for pair in json.loads(path.read_text(encoding="utf-8"))
    }


def _name(item: dict[str, list[dict[str, str]]]) -> str:
    return item["classificationItemNames"][0]["name"].strip()


if __name__ == "__main__":
    main(*sys.argv[1:])
