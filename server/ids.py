"""Makes the ids of what lives on the wire and in the store. They are unguessable, but no secrets."""

import secrets


def create_id(prefix: str) -> str:
    """Return a random id of 64 bits that names its kind: `room_1f0c...`."""
    return f"{prefix}_{secrets.token_hex(8)}"
