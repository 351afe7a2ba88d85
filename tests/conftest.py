from __future__ import annotations

import os
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def kernels() -> Path:
    """Where compiled kernels are kept between test runs."""
    return Path(os.environ.get("TOCSIN_CACHE", Path(__file__).parent.parent / ".cache")) / "kernels"


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Bytes, which may hold the time, are no names: every process must find the same tests."""
    return argname if isinstance(val, bytes) else None
