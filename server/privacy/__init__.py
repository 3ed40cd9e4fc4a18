"""What is kept of people: how long, all of it for themselves, and its end for who wants to be forgotten."""
