"""Alembic's entry: run the migrations over the connection that `server.store.migrate` opened, in its transaction."""

from alembic import context

from server.store.models import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    transaction_per_migration=False,
)
with context.begin_transaction():
    context.run_migrations()
