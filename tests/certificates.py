"""A certificate for localhost, made by openssl, and what trusts it."""

from __future__ import annotations

import ssl
import subprocess
from pathlib import Path


def made(folder: Path) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """(context of a server, context of a client that trusts it)."""
    key, certificate = folder / "key.pem", folder / "certificate.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", certificate, "-days", "2",
         "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"],
        check=True, capture_output=True,
    )  # fmt: skip
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(certificate, key)
    return server, ssl.create_default_context(cafile=str(certificate))
