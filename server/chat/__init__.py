"""Writing to everybody in a room: kept, and there again tomorrow."""
