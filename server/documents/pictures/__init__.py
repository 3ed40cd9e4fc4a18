"""Pictures of boards: made anew in a process of their own, and kept by what they are."""
