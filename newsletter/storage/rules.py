"""Say a segment's rule in SQL, so that the database chooses the people.

Its door is `rule_condition` and `combination_mask`. What a rule means is said in `domain.rules`; a test walks random
rules and people and holds the two together, on every statement both databases understand.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import (
    ColumnElement,
    Float,
    Integer,
    Text,
    and_,
    case,
    cast,
    exists,
    false,
    func,
    literal,
    not_,
    or_,
    select,
    true,
)

from newsletter.domain.audience import comparable
from newsletter.domain.rules import (
    MUNICIPALITY,
    NUMBER,
    AllOf,
    AnyOf,
    AttributeIn,
    AttributeNumber,
    AttributeStarts,
    Comparison,
    HasAttribute,
    HasTag,
    InMunicipality,
    InSegment,
    JoinedAfter,
    JoinedBefore,
    JoinedWithin,
    LanguageIn,
    MailDomainIn,
    Mailed,
    Not,
    OfAttribute,
    Rule,
)
from newsletter.domain.segments import Segment
from newsletter.storage.ledger.mailed import latest_mailed
from newsletter.storage.tables import consent, subscriber, subscriber_attribute, subscriber_tag


def rule_condition(rule: Rule, now: datetime) -> ColumnElement[bool]:
    """Give the condition that is true for the rows of `subscriber` a rule chooses at a moment; never NULL."""
    match rule:
        case AllOf(rules=rules):
            condition: ColumnElement[bool] = and_(true(), *(rule_condition(part, now) for part in rules))
        case AnyOf(rules=rules):
            condition = or_(false(), *(rule_condition(part, now) for part in rules))
        case Not(rule=inner):
            condition = not_(rule_condition(inner, now))
        case InSegment(rule=inner):
            condition = rule_condition(inner, now)
        case _:
            condition = _leaf_condition(rule, now)
    return condition


def combination_mask(segments: Sequence[Segment], now: datetime) -> ColumnElement[int]:
    """Give the number that says which segments a row of `subscriber` is in: bit 0 for the first by rank, and so on."""
    mask: ColumnElement[int] = literal(0, Integer)
    for place, segment in enumerate(sorted(segments, key=lambda segment: segment.rank)):
        mask += case((rule_condition(segment.who, now), 1 << place), else_=0)
    return mask


def _leaf_condition(rule: Rule, now: datetime) -> ColumnElement[bool]:
    """Give the condition of a rule that asks something of a person."""
    match rule:
        case LanguageIn(languages=languages):
            condition: ColumnElement[bool] = subscriber.c.language.in_(languages)
        case HasTag(tag=tag):
            carried = exists().where(
                subscriber_tag.c.subscriber_id == subscriber.c.id, subscriber_tag.c.form == comparable(tag)
            )
            condition = carried.correlate(subscriber)
        case MailDomainIn(domains=domains):
            address = func.lower(subscriber.c.address)
            condition = or_(false(), *(address.like(f"%@{domain}") for domain in domains))
        case JoinedBefore(at=at):
            condition = _joined_before(at)
        case JoinedAfter(at=at):
            condition = not_(_joined_before(at))
        case JoinedWithin(days=days):
            condition = not_(_joined_before(now - timedelta(days=days)))
        case Mailed(since=since):
            condition = subscriber.c.address_hash.in_(select(latest_mailed(since=since).c.address_hash))
        case AllOf() | AnyOf() | Not() | InSegment():
            condition = rule_condition(rule, now)
        case _:
            condition = _attribute_condition(rule)
    return condition


def _joined_before(at: datetime) -> ColumnElement[bool]:
    """Give the condition that somebody came into the database, or consented, before a moment."""
    consented = exists().where(consent.c.address_hash == subscriber.c.address_hash, consent.c.at < at)
    return or_(subscriber.c.created_at < at, consented.correlate(subscriber))


def _attribute_condition(rule: OfAttribute) -> ColumnElement[bool]:
    """Give the condition that somebody's attribute says what a rule asks for."""
    name = MUNICIPALITY if isinstance(rule, InMunicipality) else comparable(rule.name)
    says = exists().where(
        subscriber_attribute.c.subscriber_id == subscriber.c.id,
        subscriber_attribute.c.name == name,
        _form_condition(rule),
    )
    return says.correlate(subscriber)


def _form_condition(rule: OfAttribute) -> ColumnElement[bool]:
    """Give the condition on an attribute's value, as it is compared."""
    form = subscriber_attribute.c.form
    match rule:
        case AttributeIn(values=values) | InMunicipality(names=values):
            return form.in_([comparable(value) for value in values])
        case HasAttribute():
            return form != literal("")
        case AttributeStarts(prefix=prefix):
            start = comparable(prefix)
            return func.substr(form, 1, len(start)) == start
        case AttributeNumber(comparison=comparison, number=asked):
            bare = func.replace(
                func.replace(form, literal(" "), literal(""), type_=Text), literal(","), literal("."), type_=Text
            )
            # A CASE, so that what is no number is never read as one, whichever condition the database looks at first.
            number = case((bare.regexp_match(NUMBER), cast(bare, Float)))
            compared: dict[Comparison, ColumnElement[bool]] = {
                Comparison.AT_LEAST: number >= asked,
                Comparison.AT_MOST: number <= asked,
                Comparison.MORE_THAN: number > asked,
                Comparison.LESS_THAN: number < asked,
            }
            return compared[comparison]
