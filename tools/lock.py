"""Renew the Python lock files: exact versions with hashes, for every platform, naming no package index."""

import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
COMMON = ["--universal", "--python-version", "3.11", "--generate-hashes", "--no-header", "--no-emit-index-url"]
LOCKS: dict[str, list[str]] = {
    "requirements.lock": ["pyproject.toml", "--group", "build"],
    "requirements-dev.lock": ["pyproject.toml", "--group", "build", "--group", "dev", "--all-extras"],
    "requirements-node.lock": ["--group", "node"],
}

if __name__ == "__main__":
    uv = shutil.which("uv") or sys.exit("uv is missing: pip install uv")
    for name, sources in LOCKS.items():
        command = [uv, "pip", "compile", "--quiet", "--no-annotate", *COMMON, "--output-file", name, *sources]
        subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
