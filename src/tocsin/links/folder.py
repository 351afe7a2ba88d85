"""Letters put into a folder, for a printer or a mail house to take: each appears whole or not at all."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from tocsin.links.sending import Contacted, Delivered, Later

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


@dataclass(frozen=True)
class Folder:
    path: Path


def put(folder: Folder, id: str, content: bytes) -> Contacted:
    """One PDF for an attempt, durable before its name appears; a repeat is the same file."""
    path = folder.path / f"{id if _NAME.fullmatch(id) else sha256(id.encode()).hexdigest()}.pdf"
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        folder.path.mkdir(parents=True, exist_ok=True)
        with draft.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    except OSError as error:
        return Later(f"the letter cannot be written ({error.strerror or type(error).__name__})")
    return Delivered()
