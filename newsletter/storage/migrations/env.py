"""Alembic's environment: run the revisions on the connection that `storage.migrate` hands over."""

from alembic import context

from newsletter.storage.tables import metadata


def run() -> None:
    """Run the wanted revisions inside the transaction that is open already."""
    connection = context.config.attributes["connection"]
    context.configure(connection=connection, target_metadata=metadata, transactional_ddl=False)
    context.run_migrations()


run()
