"""Media, the control side: what a page may send and receive, and which worker forwards it.

The packets themselves never enter this process: `server.media.worker` forwards them.
"""
