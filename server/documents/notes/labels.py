"""What an export says beside the notes themselves; the caller knows whose language it is in."""

from dataclasses import dataclass
from datetime import date

from server.printing.labels import PrintLabels


@dataclass(frozen=True, slots=True)
class Header:
    """What stands above the notes; an empty part is left out."""

    title: str
    room: str
    held_on: str
    """The day, as people write it."""


@dataclass(frozen=True, slots=True)
class Labels(PrintLabels):
    """Words in the reader's language, English unless said otherwise."""

    due: str = "due {day}"
    done: str = "done"
    to_do: str = "to do"
    empty: str = "Nothing was written down."
    cut: str = "There is more in the notes than fits into this export."
    missing: str = (
        "The font of this file lacks some characters; they show as □. The web page and the Markdown have them."
    )

    def about(self, owner_name: str, due: date | None) -> str:
        """Return who does a task and until when, empty when neither is known."""
        parts = (owner_name, self.due.format(day=self.written(due)) if due else "")
        return ", ".join(part for part in parts if part)


ENGLISH = Labels()
