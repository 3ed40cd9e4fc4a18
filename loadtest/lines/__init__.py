"""Bad lines: what a home connection does to packets, between a page or a bot and the server.

page ── LineProxy ── media worker        `detour` sends a page or a bot there
          └── Line, one each way         loss, delay, jitter, reordering, rate
"""
