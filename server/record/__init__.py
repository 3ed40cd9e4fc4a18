"""The record of meetings, put together from what presence, chat and documents have kept."""
