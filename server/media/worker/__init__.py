"""The SFU process: forwards packets, and knows no person and no room name.

`python -m server.media.worker`, started by `server.media.supervisor`. Only this package touches aiortc, aioice and
pylibsrtp; nothing outside imports it. What is said to it and by it is `server.media.messages`, over `server.media.rpc`.
"""
