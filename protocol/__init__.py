"""The wire between a page and the server: messages, error codes, roles, the permission table.

Everything here is data and pure functions. The package imports nothing else of ours, and `python -m protocol` writes
the TypeScript twin from the same definitions.
"""

PROTOCOL_VERSION = 1
"""Named in the first exchange; a page with another number is told to reload."""
