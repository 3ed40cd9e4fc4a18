"""Notes as a PDF, with links, an outline, and numbers at the feet."""

from datetime import datetime

from server.documents.notes.labels import ENGLISH, Header, Labels
from server.documents.notes.pages import compose
from server.documents.notes.tree import Notes
from server.edition import Paper
from server.printing.file import PdfFile, foot
from server.printing.sheets import Sheet


def to_pdf(notes: Notes, header: Header, made_at: datetime, labels: Labels = ENGLISH, paper: Paper = Paper.A4) -> bytes:
    """Return the notes as a PDF, the same bytes for the same notes.

    Takes up to a second for twenty pages, which is for a thread.
    """
    sheet = Sheet(*paper.size)
    with PdfFile(sheet, header.title or header.room, labels.language, made_at) as file:
        pages = compose(notes, header, labels, file.fonts, sheet)
        for number, page in enumerate(pages, 1):
            page.words += foot(header.title, labels.page_number(number, len(pages)), file.fonts, sheet)
            file.add(page)
        return file.written()
