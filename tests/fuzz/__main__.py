"""`python -m tests.fuzz NAME [--seconds 60]`: look for inputs that are too much for a target, guided by coverage.

Needs atheris (`pip install --group fuzz`). An input that fails is left in the corpus, where the tests replay it.
"""

import argparse
import sys
import tempfile

import atheris


def main() -> None:
    """Read the arguments and fuzz."""
    with atheris.instrument_imports(
        include=["server.media.worker", "server.documents", "aioice.stun", "aiortc.rtcdtlstransport"]
    ):
        from tests.fuzz.targets import CORPUS, TARGETS
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz")
    parser.add_argument("name", choices=TARGETS)
    parser.add_argument("--seconds", type=int, default=60)
    arguments = parser.parse_args()
    target, seeds = TARGETS[arguments.name], CORPUS / arguments.name

    def run_one(data: bytes) -> None:
        target(data)

    with tempfile.TemporaryDirectory() as found:  # what covers more of the code is of use for this run only
        options = [f"-max_total_time={arguments.seconds}", f"-artifact_prefix={seeds}/found-", "-timeout=20"]
        atheris.Setup([sys.argv[0], *options, found, str(seeds)], run_one)
        atheris.Fuzz()


if __name__ == "__main__":
    main()
