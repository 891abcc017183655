"""`pruefstand mocks up` as a technician uses it."""

from __future__ import annotations

import re
import ssl
import subprocess
import sys
import time
from pathlib import Path

import httpx

ROOT = Path(__file__).resolve().parents[2]


def test_the_printed_addresses_answer_with_the_written_certificates(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "pruefstand", "mocks", "up", "--free-ports"]
    command += ["--seconds", "20", "--folder", str(tmp_path)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as mocks:
        assert mocks.stdout is not None
        try:
            addresses: dict[str, str] = {}
            deadline = time.monotonic() + 15
            while len(addresses) < 3 and time.monotonic() < deadline:
                line = mocks.stdout.readline()
                addresses |= dict(re.findall(r"(konnektor|idp|erezept) +│ (https://\S+)", line))
            trust = ssl.create_default_context(cafile=str(tmp_path / "tls-ca.pem"))
            trust.load_cert_chain(tmp_path / "clientsystem-CS1.pem")
            with httpx.Client(verify=trust, trust_env=False) as client:
                directory = client.get(f"{addresses['konnektor']}/connector.sds")
                discovery = client.get(f"{addresses['idp']}/.well-known/openid-configuration")
                certificate = client.get(f"{addresses['erezept']}/VAUCertificate")
        finally:
            mocks.terminate()
    assert (directory.status_code, certificate.status_code) == (200, 200)
    assert b"SignatureService" in directory.content
    # The IDP insists on a User-Agent that names a registered client; httpx has none.
    assert discovery.status_code in {200, 403}
    assert (tmp_path / "clientsystem-CS1.pem").stat().st_mode & 0o077 == 0
