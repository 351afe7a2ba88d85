"""What marks a function as part of a kernel.

Such a function is plain Python. Its text is copied into the kernel file of a policy, where
`compiled` is numba's; here, and wherever only a few facts run, it is Python as it stands.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from types import ModuleType
from typing import Any, TypeVar

Function = TypeVar("Function", bound=Callable[..., Any])

NULL = -(2**63)
"""An unknown field or an unset word of state."""

MARK = "# --- copied from here ---\n"


def compiled(function: Function) -> Function:
    return function


def run(text: str, name: str) -> Any:
    """Generated source as a module, in CPython. It is our own, written from a checked tree: never a user's text."""
    module = ModuleType(f"tocsin_{name}")
    exec(compile(text, f"<{name}>", "exec"), module.__dict__)  # noqa: S102
    return module


def kernel_text(module: ModuleType) -> str:
    """The part of a module's text that belongs into a kernel file."""
    return inspect.getsource(module).split(MARK, 1)[1]
