"""A policy's standing, built in a process of its own: compiling and folding history stop nobody's decision."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from tocsin.desk.ledger import Ledger
from tocsin.engine import state
from tocsin.journal.journal import opened
from tocsin.values.problem import Problem, Refused


async def built(url: str, number: int, kernels: Path) -> None:
    """Leave a snapshot of a policy's standing in the journal. Refused where it cannot be built."""
    pipe = asyncio.subprocess.PIPE
    command = (sys.executable, "-m", "tocsin.desk.building", str(number), str(kernels))
    made = await asyncio.create_subprocess_exec(*command, stdin=pipe, stderr=pipe)
    try:
        _, told = await made.communicate(url.encode())
    except asyncio.CancelledError:
        made.kill()
        raise
    if made.returncode:
        last = told.decode(errors="replace").strip().splitlines()
        raise Refused(Problem("the policy could not be made ready", "", last[-1] if last else "see the log"))


def build(url: str, number: int, kernels: Path) -> None:
    """Recover the standing of a policy from the journal, and keep it as a snapshot."""
    journal = opened(url)
    try:
        ledger = Ledger(journal, kernels)
        standing = ledger.standing(number)
        journal.save_snapshot(number, standing.seq, standing.dumped(), state.FORMAT)
    finally:
        journal.close()


if __name__ == "__main__":
    build(sys.stdin.read(), int(sys.argv[1]), Path(sys.argv[2]))
