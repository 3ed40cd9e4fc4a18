"""Who was in which meeting, and when: what hours are made from."""
