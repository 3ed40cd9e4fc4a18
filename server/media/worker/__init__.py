"""The SFU process: forwards packets, and knows no person and no room name.

`python -m server.media.worker`, started by `server.media.supervisor`. Only this package touches aiortc, aioice and
pylibsrtp. `messages` is all that the control side may import from here.
"""
