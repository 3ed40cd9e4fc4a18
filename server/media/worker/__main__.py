"""`python -m server.media.worker --fd N --pipe-fd M --port P [--log-level L] [--log-json]`.

Serve until descriptor N closes.
"""

import argparse
import socket

from server.media.worker.lean import leave_out_codecs
from server.media.worker.logs import configure_logs


def main() -> None:
    """Read the arguments and run."""
    parser = argparse.ArgumentParser(prog="python -m server.media.worker")
    parser.add_argument("--fd", type=int, required=True, help="descriptor of the socket to the control side")
    parser.add_argument("--pipe-fd", type=int, required=True, help="descriptor of the socket for other workers")
    parser.add_argument("--port", type=int, required=True, help="for UDP and TCP; 0 takes one that is free for both")
    parser.add_argument("--log-level", default="info", help="as the gateway's")
    parser.add_argument("--log-json", action="store_true", help="log as JSON, one object per line")
    arguments = parser.parse_args()
    configure_logs(arguments.log_level, is_json=arguments.log_json)
    leave_out_codecs()
    from server.media.worker.process import run

    run(socket.socket(fileno=arguments.fd), socket.socket(fileno=arguments.pipe_fd), arguments.port)


if __name__ == "__main__":
    main()
