"""TURN: a relay for networks that let nothing else through. Its addresses, its credentials, its configuration.

The relay itself is coturn, a program of its own that shares nothing with this server but a secret.
"""
