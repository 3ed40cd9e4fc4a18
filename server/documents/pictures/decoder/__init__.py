"""The process in which strangers' pictures are read. It knows nothing of the rest, and may be killed at any moment."""
