"""What all tables have in common."""

from sqlalchemy import BigInteger, Integer, MetaData
from sqlalchemy.orm import DeclarativeBase

SerialId = BigInteger().with_variant(Integer, "sqlite")
"""SQLite numbers rows only in a column declared INTEGER PRIMARY KEY; it holds 64 bits all the same."""


class Base(DeclarativeBase):
    """All tables, with constraint names that are the same in every database."""

    metadata = MetaData(
        naming_convention={
            "pk": "pk_%(table_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        }
    )
    type_annotation_map = {int: BigInteger}  # noqa: RUF012 - SQLAlchemy reads it from the class
