"""Pages, sign-in, the small JSON API, static files, health and metrics over plain HTTP."""
