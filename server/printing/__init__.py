"""PDFs: their fonts, how text is broken into lines, and how pages are painted; what is on them is left to others."""
