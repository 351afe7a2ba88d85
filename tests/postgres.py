"""A PostgreSQL for the tests: a private one in a temporary folder, or that of TOCSIN_TEST_DATABASE_URL."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import psycopg
import pytest

MISSING = (
    "no PostgreSQL here: install its server (Debian, Ubuntu: apt-get install postgresql; others: initdb in PATH), "
    "or name a database by TOCSIN_TEST_DATABASE_URL"
)


def binaries() -> Path | None:
    """The folder of initdb, the newest where there are several."""
    found = sorted(
        Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: float(path.parts[-3]), reverse=True
    )
    inside = shutil.which("initdb")
    here = [path for path in [*found, *([Path(inside)] if inside else [])] if (path.parent / "pg_ctl").exists()]
    return here[0].parent if here else None


class Cluster:
    """A server of its own on a socket in its folder, as durable as in earnest."""

    def __init__(self, bin: Path) -> None:
        self.bin = bin
        self.folder = Path(tempfile.mkdtemp(prefix="tocsin-pg-"))
        self.user = next((name for name in ("postgres", "nobody") if _known(name)), None) if os.geteuid() == 0 else None
        if self.user:
            shutil.chown(self.folder, self.user)
        self.data = self.folder / "data"
        self._run("initdb", "-A", "trust", "-U", "tocsin", "-E", "UTF8", "--locale=C", "-D", self.data)
        self.start()
        self.url = f"postgresql://tocsin@/postgres?host={quote(str(self.folder), safe='')}"

    def start(self) -> None:
        options = f"-c listen_addresses= -c unix_socket_directories={self.folder} -c fsync=on -c shared_buffers=32MB"
        self._run("pg_ctl", "-D", self.data, "-w", "-l", self.folder / "log", "-o", options, "start")

    def stop(self, mode: str = "fast") -> None:
        self._run("pg_ctl", "-D", self.data, "-w", "-m", mode, "stop")

    def remove(self) -> None:
        self.stop("immediate")
        shutil.rmtree(self.folder, ignore_errors=True)

    def _run(self, *words: object) -> None:
        command = [str(self.bin / str(words[0])), *map(str, words[1:])]
        done = subprocess.run(
            command,
            user=self.user,
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,  # the server keeps it open
            stderr=subprocess.DEVNULL,
            check=False,
        )
        assert done.returncode == 0, f"{' '.join(command)} failed ({done.returncode})"


def _known(name: str) -> bool:
    try:
        pwd.getpwnam(name)
    except KeyError:
        return False
    return True


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """A private server; tests that stop it or fill it need one."""
    bin = binaries()
    if bin is None:
        pytest.skip(MISSING)
    server = Cluster(bin)
    yield server
    server.remove()


@pytest.fixture(scope="session")
def postgres(request: pytest.FixtureRequest) -> str:
    """The URL of a PostgreSQL database."""
    given = os.environ.get("TOCSIN_TEST_DATABASE_URL")
    return given or request.getfixturevalue("cluster").url


_schemas = iter(range(10**9))


@pytest.fixture
def postgres_url(postgres: str) -> Iterator[str]:
    """The URL of an empty schema of its own."""
    schema = f"tocsin_test_{os.getpid()}_{next(_schemas)}"
    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute(f"CREATE SCHEMA {schema}")
    yield f"{postgres}{'&' if '?' in postgres else '?'}options={quote(f'-csearch_path={schema}')}&application_name={schema}"
    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute(f"DROP SCHEMA {schema} CASCADE")
