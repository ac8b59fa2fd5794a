"""Say a segment's rule in SQL, so that the database chooses the people.

Its door is `rule_condition` and `combination_mask`. What a rule means is said in `domain.segments.matches`; a test
walks random rules and people and holds the two together, on every statement both databases understand.
"""

from collections.abc import Sequence

from sqlalchemy import ColumnElement, Integer, and_, case, exists, false, literal, not_, or_, true

from newsletter.domain.audience import comparable
from newsletter.domain.segments import (
    AllOf,
    AnyOf,
    AttributeIn,
    HasTag,
    LanguageIn,
    Not,
    Rule,
    Segment,
)
from newsletter.storage.tables import subscriber, subscriber_attribute, subscriber_tag


def rule_condition(rule: Rule) -> ColumnElement[bool]:
    """Give the condition that is true for the rows of `subscriber` a rule chooses; never NULL."""
    match rule:
        case AllOf(rules=rules):
            return and_(true(), *map(rule_condition, rules))
        case AnyOf(rules=rules):
            return or_(false(), *map(rule_condition, rules))
        case Not(rule=inner):
            return not_(rule_condition(inner))
        case AttributeIn(name=name, values=values):
            return (
                exists()
                .where(
                    subscriber_attribute.c.subscriber_id == subscriber.c.id,
                    subscriber_attribute.c.name == comparable(name),
                    subscriber_attribute.c.form.in_([comparable(value) for value in values]),
                )
                .correlate(subscriber)
            )
        case LanguageIn(languages=languages):
            return subscriber.c.language.in_(languages)
        case HasTag(tag=tag):
            return (
                exists()
                .where(subscriber_tag.c.subscriber_id == subscriber.c.id, subscriber_tag.c.form == comparable(tag))
                .correlate(subscriber)
            )


def combination_mask(segments: Sequence[Segment]) -> ColumnElement[int]:
    """Give the number that says which segments a row of `subscriber` is in: bit 0 for the first by rank, and so on."""
    mask: ColumnElement[int] = literal(0, Integer)
    for place, segment in enumerate(sorted(segments, key=lambda segment: segment.rank)):
        mask += case((rule_condition(segment.who), 1 << place), else_=0)
    return mask
