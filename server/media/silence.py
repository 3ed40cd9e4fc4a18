"""How long somebody has been silent, told apart from how long we did not listen. No clock and no sockets."""

from dataclasses import dataclass


@dataclass(slots=True)
class Silence:
    """Fed with each wait of ours, it counts the time in which a word would have been heard.

    Where our own waits end late, the machine has no time for us, and perhaps none for the one who is silent either.
    """

    heard_at: float
    """When the last word came."""
    listened_s: float = 0.0
    """Since then, as far as we were on time."""
    passed_s: float = 0.0
    """Since then."""

    def wait_ended(self, asked_s: float, took_s: float, heard_at: float) -> None:
        """Note that a wait of `asked_s` seconds took `took_s`: it counts less by as much as it was late."""
        if heard_at != self.heard_at:
            self.heard_at, self.listened_s, self.passed_s = heard_at, 0.0, 0.0
            return
        self.passed_s += took_s
        self.listened_s += max(0.0, asked_s - max(0.0, took_s - asked_s))
