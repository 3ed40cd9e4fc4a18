"""`python -m server.documents.pictures.decoder --fd N --memory-bytes M --cpu-s S`.

Make pictures anew until descriptor N closes.
"""

import argparse
import socket

from server.documents.pictures.decoder.process import run


def main() -> None:
    """Read the arguments and run."""
    parser = argparse.ArgumentParser(prog="python -m server.documents.pictures.decoder")
    parser.add_argument("--fd", type=int, required=True, help="descriptor of the socket to the server")
    parser.add_argument("--memory-bytes", type=int, required=True, help="that the process may have")
    parser.add_argument("--cpu-s", type=int, required=True, help="of a processor, that one picture may take")
    arguments = parser.parse_args()
    run(socket.socket(fileno=arguments.fd), arguments.memory_bytes, arguments.cpu_s)


if __name__ == "__main__":
    main()
