"""Render the README's pictures from the demo's report, with a Chromium on PATH.

make demo && .venv/bin/python scripts/pictures.py
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
QUIET = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--hide-scrollbars",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def main() -> None:
    browser = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if browser is None:
        sys.exit("no Chromium on PATH; install it (Debian: apt install chromium fonts-noto-cjk) and run again")
    page = (ROOT / "demo" / "report" / "report.html").read_text(encoding="utf-8")
    for language in ("en", "zh"):
        with tempfile.TemporaryDirectory() as folder:
            turned = Path(folder) / "report.html"
            turned.write_text(shown_in(page, language), encoding="utf-8")
            picture = ROOT / "docs" / f"report-{language}.png"
            command = [browser, *QUIET, f"--user-data-dir={folder}/profile", f"--screenshot={picture}"]
            subprocess.run([*command, "--window-size=1120,1500", turned.as_uri()], check=True, capture_output=True)
            print(picture.relative_to(ROOT))


def shown_in(page: str, language: str) -> str:
    """The page with another language chosen at the start."""
    page = page.replace(' checked="checked"', "")
    return page.replace(f'id="{language}" class="language"', f'id="{language}" class="language" checked="checked"')


if __name__ == "__main__":
    main()
