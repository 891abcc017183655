"""The operator's signing key: one PEM file with private key and self-signed certificate."""

from __future__ import annotations

import hashlib
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from pruefstand.crypto.parser_problems import PARSER_PROBLEMS
from pruefstand.errors import OperatorError

KEY_FILE = "betreiber.pem"
DEFAULT_NAME = "Betreiber des Pruefstands"
LIFETIME = timedelta(days=3652)
SKEW = timedelta(days=1)
"""The certificate starts this much earlier: a verifier's clock may be behind ours."""
MAX_NAME = 64
"""Characters; the bound of a commonName in RFC 5280."""


class Curve(StrEnum):
    """The curves an operator may sign with."""

    P256 = "P-256"
    BRAINPOOL = "brainpoolP256r1"

    @property
    def parameters(self) -> ec.EllipticCurve:
        """The curve as `cryptography` knows it."""
        return ec.SECP256R1() if self is Curve.P256 else ec.BrainpoolP256R1()


@dataclass(frozen=True, slots=True)
class OperatorKey:
    """The key that signs manifests, and its certificate."""

    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate

    @property
    def fingerprint(self) -> str:
        """The SHA-256 of the certificate's DER in hex."""
        return hashlib.sha256(self.certificate.public_bytes(Encoding.DER)).hexdigest()


def key_path(environ: Mapping[str, str]) -> Path:
    """Return where the key lies: `$XDG_CONFIG_HOME/pruefstand`, else `~/.config/pruefstand`."""
    configured = environ.get("XDG_CONFIG_HOME", "")
    # The XDG base directory specification has relative paths ignored.
    base = Path(configured) if Path(configured).is_absolute() else Path.home() / ".config"
    return base / "pruefstand" / KEY_FILE


def operator_key(
    path: Path, now: datetime, *, name: str = DEFAULT_NAME, curve: Curve = Curve.P256
) -> OperatorKey:
    """Return the key at `path`, created with `name` and `curve` when there is none yet.

    Raises OperatorError when the file cannot be used or others may read it.
    """
    if not path.exists():
        _create(path, now, name, curve)
    return load_key(path)


def load_key(path: Path) -> OperatorKey:
    """Return the key at `path`; raises OperatorError when it is unusable or not private."""
    try:
        mode, content = path.stat().st_mode & 0o777, path.read_bytes()
    except OSError as error:
        raise OperatorError(
            f"{path}: Signaturschlüssel nicht lesbar ({error.strerror})",
            hint="Datei und Rechte prüfen; pruefstand evidence key legt einen neuen an",
        ) from error
    if mode & 0o077:
        raise OperatorError(
            f"{path}: erwartet Rechte 0600, gefunden {mode:04o}; andere können mitlesen",
            hint=f"chmod 600 {path}",
        )
    try:
        key = load_pem_private_key(content, None)
        certificate = x509.load_pem_x509_certificate(content)
    except PARSER_PROBLEMS as error:
        raise _unusable(path) from error
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise _unusable(path)
    if certificate.public_key() != key.public_key():
        raise _unusable(path)
    return OperatorKey(key, certificate)


def _unusable(path: Path) -> OperatorError:
    return OperatorError(
        f"{path}: erwartet EC-Schlüssel und passendes Zertifikat in PEM, gefunden etwas anderes",
        hint="Datei aus der Sicherung holen oder verschieben, dann entsteht ein neuer Schlüssel",
    )


def _create(path: Path, now: datetime, name: str, curve: Curve) -> None:
    if not name.strip() or len(name) > MAX_NAME:
        raise OperatorError(
            f"Name des Betreibers: erwartet 1 bis {MAX_NAME} Zeichen, gefunden {len(name)}",
            hint="einen kürzeren Namen mit --name angeben",
        )
    key = ec.generate_private_key(curve.parameters)
    content = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    content += _certificate(key, name, now).public_bytes(Encoding.PEM)
    try:
        _write_once(path, content)
    except OSError as error:
        raise OperatorError(
            f"{path}: Signaturschlüssel nicht schreibbar ({error.strerror})",
            hint="XDG_CONFIG_HOME auf einen beschreibbaren Ordner setzen",
        ) from error


def _write_once(path: Path, content: bytes) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
        # A link never replaces: of two runs that start together, both sign with the first key.
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()


def _certificate(key: ec.EllipticCurvePrivateKey, name: str, now: datetime) -> x509.Certificate:
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    usage = x509.KeyUsage(
        digital_signature=True,
        content_commitment=True,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=False,
        crl_sign=False,
        encipher_only=False,
        decipher_only=False,
    )
    builder = x509.CertificateBuilder(subject, subject, key.public_key())
    builder = builder.serial_number(x509.random_serial_number())
    builder = builder.not_valid_before(now - SKEW).not_valid_after(now + LIFETIME)
    builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), True)
    return builder.add_extension(usage, True).sign(key, SHA256())
