"""How mail programs say in Finnish, Swedish and English that a mail did not arrive, why, and that somebody is away."""

import re

UNDELIVERED = re.compile(
    r"undeliver(?:able|ed)|delivery (?:has )?failed|delivery status notification|delivery failure|failure notice"
    r"|returned mail|(?:could not|couldn['’]t|wasn['’]t|not) (?:be )?delivered"
    r"|toimitta(?:maton|matta|minen .{0,80}epäonnistui)|toimitus (?:ei onnistunut|epäonnistui)"
    r"|ei (?:voi|voitu|voida) toimittaa|ei (?:toimitettu|toimitettavissa)|perille toimittaminen"
    r"|kan inte leverera|kunde inte leverera|gick inte att leverera|kunde inte nå|olevererbar|leveransfel"
    r"|leveransen misslyckades",
    re.IGNORECASE | re.DOTALL,
)

NO_SUCH_READER = re.compile(
    r"(?:wasn['’]t|was not|couldn['’]t be|could not be|not) found|does ?n[o'’]t exist"
    r"|no such (?:user|mailbox|recipient)|user unknown|unknown (?:user|recipient)|address (?:is )?(?:invalid|unknown)"
    r"|ei (?:löydy|löytynyt|löytänyt|ole olemassa)|tuntematon (?:vastaanottaja|käyttäjä)|osoitetta ei ole"
    r"|hittades inte|hittas inte|gick inte att hitta|finns inte|okänd (?:mottagare|användare)",
    re.IGNORECASE,
)

PASSING = re.compile(
    r"(?:mailbox|inbox|postbox) (?:is )?full|over quota|quota exceeded|try again|temporar"
    r"|postilaatikko (?:on )?täynnä|kiintiö|tilapäi|yritä (?:myöhemmin )?uudelleen"
    r"|(?:inkorg|inkorgen|brevlåda|brevlådan|postlåda|postlådan) är full|kvot|tillfällig|försök igen",
    re.IGNORECASE,
)

AWAY = re.compile(
    r"(?:automatic reply|auto(?:matic)?[- ]?repl(?:y|ied)|auto[- ]?response|out of (?:the )?office|vacation reply"
    r"|automaattinen vastaus|automaattivastaus|poissaolo|olen poissa|poissa (?:toimistolta|työstä)|lomalla"
    r"|automatiskt svar|autosvar|frånvaro|frånvarande|jag är borta|ej på kontoret)",
    re.IGNORECASE,
)
"""At the beginning of a subject."""

LEAVING = re.compile(
    r"unsubscribe|take me off|remove me|peru(?:uta)? tilau|poista .{0,20}listalta|lopeta tilau"
    r"|avsluta prenumeration|avregistrera|ta bort mig",
    re.IGNORECASE,
)
"""Of somebody who may want to leave, and says so without a link of ours."""
