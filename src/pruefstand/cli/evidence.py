"""`pruefstand evidence`: verify a sealed run, show the key that seals."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer
from cryptography.hazmat.primitives.serialization import Encoding
from rich.console import Console

from pruefstand.clock import BERLIN, SystemClock
from pruefstand.errors import ExitCode, OperatorError
from pruefstand.evidence.operator_key import (
    DEFAULT_NAME,
    Curve,
    OperatorKey,
    key_path,
    operator_key,
)
from pruefstand.evidence.verify import verify_run

app = typer.Typer(help="Nachweis: Laufordner prüfen, Signaturschlüssel.", no_args_is_help=True)
SHOWN = 50


@app.command("verify", epilog="Beispiel: pruefstand evidence verify runs/20261124-…")
def verify_command(
    run: Annotated[Path, typer.Argument(help="Laufordner")],
    fingerprint: Annotated[
        str, typer.Option(help="SHA-256 des Zertifikats, dem Sie vertrauen")
    ] = "",
) -> None:
    """Prüft ohne Netz Signatur, Dateien, Ereigniskette und Urteile; Funde enden mit 1."""
    console = Console(highlight=False, soft_wrap=True)
    result = verify_run(run, fingerprint=fingerprint)
    for defect in result.defects[:SHOWN]:
        console.print(str(defect), markup=False)
    if len(result.defects) > SHOWN:
        console.print(f"… und {len(result.defects) - SHOWN} weitere")
    if result.signer is not None:
        at = result.signer.signed_at.astimezone(BERLIN)
        console.print(f"Signiert  {result.signer.name}", markup=False)
        console.print(f"          {at:%d.%m.%Y %H:%M:%S} nach Angabe des Betreibers")
        console.print(f"SHA-256   {result.signer.fingerprint}")
        if not fingerprint:
            console.print("          mit dem Fingerabdruck vergleichen, den der Betreiber nennt")
    if result.defects:
        console.print(f"[red]Kein Nachweis[/]: {len(result.defects)} Funde")
        raise typer.Exit(ExitCode.SUT_FAILED)
    counted = f"{result.files} Dateien, {result.events} Ereignisse"
    console.print(f"[green]Unverändert[/]: {counted}")


@app.command("key", epilog="Beispiel: pruefstand evidence key --export betreiber.pem")
def key_command(
    name: Annotated[str | None, typer.Option(help="Name im neuen Zertifikat")] = None,
    curve: Annotated[Curve | None, typer.Option(help="Kurve des neuen Schlüssels")] = None,
    export: Annotated[Path | None, typer.Option(help="Zertifikat als PEM dorthin")] = None,
) -> None:
    """Zeigt den Signaturschlüssel und legt ihn beim ersten Mal an."""
    console = Console(highlight=False, soft_wrap=True)
    path = key_path(os.environ)
    if path.exists() and (name is not None or curve is not None):
        raise OperatorError(
            f"{path}: der Schlüssel besteht schon, Name und Kurve bleiben",
            hint="die Datei verschieben, dann entsteht ein neuer Schlüssel",
        )
    key = operator_key(
        path, SystemClock().now(), name=name or DEFAULT_NAME, curve=curve or Curve.P256
    )
    console.print(f"Datei     {path}", markup=False)
    console.print(f"Name      {key.certificate.subject.rfc4514_string()}", markup=False)
    console.print(f"Gültig    bis {key.certificate.not_valid_after_utc:%d.%m.%Y}")
    console.print(f"SHA-256   {key.fingerprint}")
    if export is not None:
        _export(key, export)
        console.print(f"Zertifikat {export}", markup=False)


def _export(key: OperatorKey, path: Path) -> None:
    try:
        path.write_bytes(key.certificate.public_bytes(Encoding.PEM))
    except OSError as error:
        raise OperatorError(
            f"{path}: nicht schreibbar ({error.strerror})", hint="einen anderen Ort angeben"
        ) from error
