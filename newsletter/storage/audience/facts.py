"""Facts through a transaction of SQLAlchemy, whichever database it is of."""

from sqlalchemy import Connection, text

from newsletter.storage.facts import Facts


def facts_of(connection: Connection) -> Facts:
    """Give what people have, within a transaction."""
    return Facts(lambda statement, values: connection.execute(text(statement), values))
