"""What an export says beside the notes themselves; the caller knows whose language it is in."""

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Header:
    """What stands above the notes; an empty part is left out."""

    title: str
    room: str
    held_on: str
    """The day, as people write it."""


@dataclass(frozen=True, slots=True)
class Labels:
    """Words in the reader's language, English unless said otherwise."""

    language: str = "en"
    """BCP 47."""
    months: tuple[str, ...] = (
        *("January", "February", "March", "April", "May", "June", "July", "August", "September", "October"),
        *("November", "December"),
    )
    day: str = "{month} {day}, {year}"
    due: str = "due {day}"
    done: str = "done"
    to_do: str = "to do"
    page: str = "Page {page} of {pages}"
    empty: str = "Nothing was written down."
    cut: str = "There is more in the notes than fits into this export."
    missing: str = (
        "The font of this file lacks some characters; they show as □. The web page and the Markdown have them."
    )

    def written(self, day: date) -> str:
        """Return a day as people write it."""
        return self.day.format(month=self.months[day.month - 1], day=day.day, year=day.year)

    def about(self, owner_name: str, due: date | None) -> str:
        """Return who does a task and until when, empty when neither is known."""
        parts = (owner_name, self.due.format(day=self.written(due)) if due else "")
        return ", ".join(part for part in parts if part)


ENGLISH = Labels()
