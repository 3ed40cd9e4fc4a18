"""The load harness: bots that are real participants, and benchmarks made of them.

It speaks the protocol as a client does and never imports the server.
"""
