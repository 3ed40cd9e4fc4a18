"""The server of Roundup: rooms, people, media, and the log of what happened."""
