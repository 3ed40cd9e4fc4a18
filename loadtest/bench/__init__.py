"""Benchmarks: each starts a server of its own, measures, judges, and stops everything it started."""
