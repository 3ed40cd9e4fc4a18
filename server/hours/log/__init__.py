"""The hours log as a thing of its own: its rows, what may follow which, and the chain through them. Pure."""
