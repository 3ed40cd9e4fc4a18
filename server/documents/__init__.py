"""Boards and notes: shared documents that last."""
