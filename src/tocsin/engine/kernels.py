"""Compiled kernels on disk: a file under the digest of its text, and numba's machine code beside it."""

from __future__ import annotations

import hashlib
import importlib.util
import os
import sys
from pathlib import Path
from types import ModuleType


def written(name: str, text: str, folder: Path) -> ModuleType:
    """A kernel file in `folder`, under the digest of its text; numba keeps the machine code beside it."""
    name = f"tocsin_{name}_{hashlib.sha256(text.encode()).hexdigest()[:20]}"
    if name in sys.modules:
        return sys.modules[name]
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.py"
    if not path.exists() or path.read_text() != text:
        draft = folder / f".{name}.{os.getpid()}"
        draft.write_text(text)
        draft.replace(path)
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module
