"""The programme's people: who they are, how they sign in, and who they meet."""
