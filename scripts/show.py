"""Open a report in the browser where there is a screen; the file is named either way."""

from __future__ import annotations

import os
import sys
import webbrowser
from pathlib import Path

page = Path(sys.argv[1]).resolve()
screen = sys.platform in ("darwin", "win32") or os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
if screen and not os.environ.get("CI"):
    webbrowser.open(page.as_uri())
