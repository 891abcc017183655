"""`pruefstand evidence`: verify a sealed run, disclose hidden values, show the key that seals."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Annotated

import typer
from cryptography.hazmat.primitives.serialization import Encoding
from rich.console import Console

from pruefstand.clock import BERLIN, SystemClock
from pruefstand.errors import ExitCode, OperatorError
from pruefstand.evidence.disclosure import check_disclosure, disclose
from pruefstand.evidence.operator_key import DEFAULT_NAME, Curve, key_path, operator_key
from pruefstand.evidence.vault import open_vault
from pruefstand.evidence.verify import verify_run

app = typer.Typer(
    help="Nachweis: Laufordner prüfen, Werte offenlegen, Signaturschlüssel.", no_args_is_help=True
)
SHOWN = 50


@app.command("verify", epilog="Beispiel: pruefstand evidence verify runs/20261124-…")
def verify_command(
    run: Annotated[Path, typer.Argument(help="Laufordner")],
    fingerprint: Annotated[
        str, typer.Option(help="SHA-256 des Zertifikats, dem Sie vertrauen")
    ] = "",
    tsa_ca: Annotated[
        Path | None, typer.Option(help="Wurzelzertifikat des Zeitstempeldienstes in PEM")
    ] = None,
    project: Annotated[
        Path | None, typer.Option(help="Projektordner: stimmen Profil, Features und Katalog?")
    ] = None,
) -> None:
    """Prüft ohne Netz Signatur, Dateien, Ereigniskette und Urteile; Funde enden mit 1."""
    console = Console(highlight=False, soft_wrap=True)
    roots = read_file(tsa_ca) if tsa_ca else b""
    result = verify_run(run, fingerprint=fingerprint, roots=roots, project=project)
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
    if result.stamp is not None:
        at = result.stamp.at.astimezone(BERLIN)
        checked = "geprüft" if result.stamp.trusted else "nicht geprüft, --tsa-ca fehlt"
        console.print(f"Zeitstempel {at:%d.%m.%Y %H:%M:%S} · {checked}")
        console.print(f"          {result.stamp.authority}", markup=False)
    if result.defects:
        console.print(f"[red]Kein Nachweis[/]: {len(result.defects)} Funde")
        raise typer.Exit(ExitCode.SUT_FAILED)
    counted = f"{result.files} Dateien, {result.events} Ereignisse"
    console.print(f"[green]Unverändert[/]: {counted}")


@app.command(
    "disclose",
    epilog="Beispiel: pruefstand evidence disclose runs/20261124-… 3fa91c07 --output beleg.json",
)
def disclose_command(
    run: Annotated[Path, typer.Argument(help="Laufordner")],
    commitments: Annotated[
        list[str], typer.Argument(help="⟨art:hex⟩, die Hex-Ziffern oder ihre ersten 8")
    ],
    output: Annotated[Path | None, typer.Option(help="Datei statt Ausgabe")] = None,
) -> None:
    """Legt einzelne geschwärzte Werte offen; braucht den Tresor des Betreibers."""
    proof = disclose(run, open_vault(run.resolve().name), commitments)
    text = json.dumps(proof, ensure_ascii=False, indent=1) + "\n"
    if output is None:
        typer.echo(text, nl=False)
        return
    _write(output, text.encode())
    Console(highlight=False, soft_wrap=True).print(f"Offenlegung: {output}", markup=False)


@app.command(
    "check-disclosure",
    epilog="Beispiel: pruefstand evidence check-disclosure runs/20261124-… beleg.json",
)
def check_disclosure_command(
    run: Annotated[Path, typer.Argument(help="Laufordner")],
    proof: Annotated[Path, typer.Argument(help="Datei aus `evidence disclose`")],
) -> None:
    """Prüft eine Offenlegung ohne Netz und ohne Tresor; Funde enden mit 1."""
    console = Console(highlight=False, soft_wrap=True)
    disclosed = check_disclosure(run, read_file(proof))
    for item in disclosed:
        shown = item.value[:SHOWN].decode("utf-8", "backslashreplace")
        verdict = item.problem or f"stimmt, steht in {len(item.places)} Dateien"
        console.print(f"{item.kind} {shown!r}: {verdict}", markup=False)
    if any(item.problem for item in disclosed):
        console.print("[red]Kein Beleg[/]")
        raise typer.Exit(ExitCode.SUT_FAILED)
    console.print("[green]Belegt[/]; ob der Lauf unverändert ist, sagt `evidence verify`")


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
        _write(export, key.certificate.public_bytes(Encoding.PEM))
        console.print(f"Zertifikat {export}", markup=False)


def read_file(path: Path) -> bytes:
    """Return the content of a file the operator names; raises OperatorError."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise OperatorError(
            f"{path}: nicht lesbar ({error.strerror})", hint="Pfad prüfen"
        ) from error


def _write(path: Path, content: bytes) -> None:
    try:
        path.write_bytes(content)
    except OSError as error:
        raise OperatorError(
            f"{path}: nicht schreibbar ({error.strerror})", hint="einen anderen Ort angeben"
        ) from error
