"""Session notes: read out of a shared document, and written as Markdown, HTML and PDF."""
