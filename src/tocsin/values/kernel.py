"""What marks a function as part of a kernel.

Such a function is plain Python. Its text is copied into the kernel file of a policy, where
`compiled` is numba's; here, and wherever only a few facts run, it is Python as it stands.
"""

from __future__ import annotations

import hashlib
import importlib.util
import inspect
import os
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any, TypeVar

Function = TypeVar("Function", bound=Callable[..., Any])

NULL = -(2**63)
"""An unknown field or an unset word of state."""

MARK = "# --- copied from here ---\n"


def compiled(function: Function) -> Function:
    return function


def kernel_text(module: ModuleType) -> str:
    """The part of a module's text that belongs into a kernel file."""
    return inspect.getsource(module).split(MARK, 1)[1]


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
