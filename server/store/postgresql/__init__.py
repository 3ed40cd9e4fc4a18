"""The database as one of a PostgreSQL server, reached by URL."""
