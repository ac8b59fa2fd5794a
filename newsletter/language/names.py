"""What months and days of the week are called in the three languages, as the CLDR has it.

Written here because a package that knows all languages of the world takes a tenth of `issue check` to load.
"""

from newsletter.domain.content import Language

FI, SV, EN = Language("fi"), Language("sv"), Language("en")

_MONTHS = {
    FI: "tammikuu helmikuu maaliskuu huhtikuu toukokuu kesäkuu heinäkuu elokuu syyskuu lokakuu marraskuu joulukuu",
    SV: "januari februari mars april maj juni juli augusti september oktober november december",
    EN: "January February March April May June July August September October November December",
}
_MONTHS_SHORT = {
    FI: _MONTHS[FI].replace("kuu", ""),
    SV: "jan feb mars apr maj juni juli aug sep okt nov dec",
    EN: "Jan Feb Mar Apr May Jun Jul Aug Sept Oct Nov Dec",
}
_WEEKDAYS_SHORT = {FI: "ma ti ke to pe la su", SV: "mån tis ons tors fre lör sön", EN: "Mon Tue Wed Thu Fri Sat Sun"}

MONTHS = {language: names.split() for language, names in _MONTHS.items()}
"""From the first of the year on, as they stand alone."""
MONTHS_SHORT = {language: names.split() for language, names in _MONTHS_SHORT.items()}
"""Likewise, without a full stop."""
WEEKDAYS_SHORT = {language: names.split() for language, names in _WEEKDAYS_SHORT.items()}
"""From Monday on, without a full stop."""
AND = {FI: "ja", SV: "och", EN: "and"}
