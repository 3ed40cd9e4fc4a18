"""What every print says in its reader's language: days and page numbers."""

from dataclasses import dataclass
from datetime import date

_SPANISH_MONTHS = (
    *("enero", "febrero", "marzo", "abril", "mayo", "junio", "julio", "agosto", "septiembre", "octubre"),
    *("noviembre", "diciembre"),
)


@dataclass(frozen=True, slots=True)
class PrintLabels:
    """Words in the reader's language, English unless said otherwise."""

    language: str = "en"
    """BCP 47."""
    months: tuple[str, ...] = (
        *("January", "February", "March", "April", "May", "June", "July", "August", "September", "October"),
        *("November", "December"),
    )
    day: str = "{month} {day}, {year}"
    page: str = "Page {page} of {pages}"

    def written(self, day: date) -> str:
        """Return a day as people write it."""
        return self.day.format(month=self.months[day.month - 1], day=day.day, year=day.year)

    def page_number(self, number: int, count: int) -> str:
        """Return which page this is, from 1 on."""
        return self.page.format(page=number, pages=count)


SPANISH = PrintLabels("es", _SPANISH_MONTHS, "{day} de {month} de {year}", "Página {page} de {pages}")
