"""Reports of the hours log as files: typed rows in, bytes out. Whose rows, and who may have them, is left to others."""
