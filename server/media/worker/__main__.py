"""`python -m server.media.worker --fd N --port P`: serve until the socket with descriptor N closes."""

import argparse
import socket

from server.media.worker.lean import leave_out_codecs


def main() -> None:
    """Read the arguments and run."""
    parser = argparse.ArgumentParser(prog="python -m server.media.worker")
    parser.add_argument("--fd", type=int, required=True, help="descriptor of the socket to the control side")
    parser.add_argument("--port", type=int, required=True, help="UDP port; 0 takes a free one")
    arguments = parser.parse_args()
    leave_out_codecs()
    from server.media.worker.process import run

    run(socket.socket(fileno=arguments.fd), arguments.port)


if __name__ == "__main__":
    main()
