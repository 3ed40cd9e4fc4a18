"""The database as one file in a folder of this machine."""
