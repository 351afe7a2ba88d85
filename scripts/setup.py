"""Make `.venv` in the checkout with everything Tocsin needs. Standard library only; run again at no cost."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
LOCK = ROOT / "requirements.lock"
STAMP = VENV / ".tocsin-setup"


def main() -> None:
    if "--tests" in sys.argv:
        postgresql()
    if sys.version_info < (3, 11):  # noqa: UP036 this is where an older one is told
        sys.exit(
            f"Python {sys.version.split()[0]} is too old; install Python 3.11 or newer and run: make PYTHON=python3.11 setup"
        )
    content = LOCK.read_bytes() + (ROOT / "pyproject.toml").read_bytes() + sys.version.encode() + str(ROOT).encode()
    wanted = hashlib.sha256(content).hexdigest()
    if PYTHON.exists() and STAMP.exists() and STAMP.read_text() == wanted:
        return
    uv = shutil.which("uv")
    print("Setting up .venv (once; a minute or two) …", flush=True)
    if uv:
        run([uv, "venv", "--quiet", "--clear", "--python", sys.executable, str(VENV)], "make the environment")
        run([uv, "pip", "install", "--quiet", "--python", str(PYTHON), "-r", str(LOCK)], "install the dependencies")
        run([uv, "pip", "install", "--quiet", "--python", str(PYTHON), "--no-deps", "-e", str(ROOT)], "install Tocsin")
    else:
        create()
        pip = [
            str(PYTHON),
            "-m",
            "pip",
            "install",
            "--quiet",
            "--disable-pip-version-check",
            "--no-warn-script-location",
        ]
        run([*pip, "-r", str(LOCK)], "install the dependencies")
        run([*pip, "--no-deps", "-e", str(ROOT)], "install Tocsin")
    STAMP.write_text(wanted)


def postgresql() -> None:
    """The tests run on PostgreSQL too: have its server, or say that they will be passed over."""
    if shutil.which("initdb") or list(Path("/usr/lib/postgresql").glob("*/bin/initdb")):
        return
    if hasattr(os, "geteuid") and os.geteuid() == 0 and shutil.which("apt-get"):
        print("Installing PostgreSQL for the tests …", flush=True)
        done = [["apt-get", "update", "-qq"], ["apt-get", "install", "-y", "-qq", "postgresql"]]
        if not any(subprocess.run(command, stdout=subprocess.DEVNULL, check=False).returncode for command in done):
            return
    print("No PostgreSQL here: its tests are skipped; install its server (Debian, Ubuntu: postgresql) to run them.")


def create() -> None:
    """A virtual environment; Debian keeps a part of it in a package of its own."""
    command = [sys.executable, "-m", "venv", "--clear", str(VENV)]
    if subprocess.run(command, capture_output=True, check=False).returncode == 0:
        return
    package = f"python{sys.version_info.major}.{sys.version_info.minor}-venv"
    if hasattr(os, "geteuid") and os.geteuid() == 0 and shutil.which("apt-get"):
        run(["apt-get", "update", "-qq"], "update the package list")
        run(["apt-get", "install", "-y", "-qq", package], f"install {package}")
        run(command, "make the environment")
        return
    sys.exit(f"this Python cannot make virtual environments; install {package} (Debian, Ubuntu), or uv, and run again")


def run(command: list[str], purpose: str) -> None:
    if subprocess.run(command, check=False).returncode:
        sys.exit(f"could not {purpose}; the lines above say why, then run again: make setup")


if __name__ == "__main__":
    main()
