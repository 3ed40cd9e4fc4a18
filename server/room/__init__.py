"""Rooms: meetings, participants, connections, and the interface through which features take part."""
