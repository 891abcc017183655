"""`pruefstand mocks up`: keep the mocks running for manual work."""

from __future__ import annotations

import signal
import threading
from pathlib import Path
from typing import Annotated

import typer
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from rich.console import Console
from rich.table import Table

from pruefstand.clock import SystemClock
from pruefstand.config.profile import load_profile
from pruefstand.config.project import project_root
from pruefstand.crypto.pki import Identity
from pruefstand.drivers.endpoints import FileEndpoints
from pruefstand.mockkit.world import MockWorld
from pruefstand.pytest_plugin.fixtures import virtual_clock

app = typer.Typer(help="Mocks für die Arbeit von Hand.", no_args_is_help=True)
PORTS = {"konnektor": 8441, "idp": 8442, "erezept": 8443}
CONTROL_PORT = 8440
EXAMPLES = (
    "Beispiele: pruefstand mocks up --folder /pfad/zertifikate · "
    "pruefstand mocks up --store rezepte.db --workers 2"
)


@app.callback()
def mocks() -> None:
    """Mocks für die Arbeit von Hand."""


@app.command("up", epilog=EXAMPLES)
def up(
    profile: Annotated[str, typer.Option(help="Profil aus profiles/")] = "mock",
    seed: Annotated[int, typer.Option(help="Startwert von PKI und Nummern")] = 1,
    as_of: Annotated[str | None, typer.Option(help="virtueller Tag JJJJ-MM-TT")] = None,
    folder: Annotated[Path, typer.Option(help="Ablage für Zertifikate und Schlüssel")] = Path(
        "runs/mocks"
    ),
    free_ports: Annotated[bool, typer.Option(help="freie statt fester Ports")] = False,
    endpoints: Annotated[
        Path | None, typer.Option(help="Datei für Adressen und Zertifikate als JSON")
    ] = None,
    store: Annotated[
        Path | None, typer.Option(help="Datei, in der Mocks ihre Vorgänge über das Ende behalten")
    ] = None,
    workers: Annotated[
        int, typer.Option(min=1, max=16, help="Prozesse je Mock mit Speicher; braucht --store")
    ] = 1,
    validation: Annotated[
        bool, typer.Option(help="der Fachdienst prüft FHIR-Profile, wenn die Pakete da sind")
    ] = True,
    seconds: Annotated[
        float, typer.Option(help="nach so vielen Sekunden enden; 0 = bis Strg-C")
    ] = 0,
) -> None:
    """Startet alle Mocks und zeigt Adressen, Zertifikate und PINs."""
    console = Console(highlight=False)
    chosen = load_profile(profile, project_root() / "profiles")
    settings = {role: dict(target.settings) for role, target in chosen.targets.items()}
    if not validation:
        settings = {
            role: {name: value for name, value in given.items() if name != "validator"}
            for role, given in settings.items()
        }
    # A harness that ends this process asks politely: the key files must go with it.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with MockWorld(
        seed=seed,
        clock=virtual_clock(as_of),
        settings=settings,
        store=store,
        workers=workers,
    ) as world:
        world.start(None if free_ports else PORTS)
        write_certificates(world, folder)
        world.start_control(0 if free_ports else CONTROL_PORT)
        if endpoints is not None:
            file_endpoints(world, folder, seed).write(endpoints)
        show(console, world, folder)
        stop = threading.Event()
        try:
            stop.wait(seconds or None)
        except KeyboardInterrupt:
            console.print("Mocks beendet.")


def write_certificates(world: MockWorld, folder: Path) -> None:
    """Write the TLS trust anchor, the client certificate of CS1 and the card CAs as PEM."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "tls-ca.pem").write_text(world.tls_ca_pem, encoding="ascii")
    (folder / "karten-ca.pem").write_bytes(world.pki.ca_chain_pem())
    client = folder / "clientsystem-CS1.pem"
    client.touch(mode=0o600)
    client.write_bytes(_pem(world.pki.tls_client("CS1")))


def file_endpoints(world: MockWorld, folder: Path, seed: int) -> FileEndpoints:
    """Return what another process needs to reach `world`; certificates lie in `folder`."""
    return FileEndpoints(
        roles={role: world.base_url(role) for role in world.servers},
        tls_ca=str((folder / "tls-ca.pem").absolute()),
        clients={"CS1": str((folder / "clientsystem-CS1.pem").absolute())},
        clock_offset=(world.clock.now() - SystemClock().now()).total_seconds(),
        seed=seed,
        listeners={
            f"{role}.{name}": port
            for role, running in world.ports.items()
            for name, port in running.ports.items()
        },
    )


def _pem(identity: Identity) -> bytes:
    key = identity.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return key + identity.certificate.public_bytes(Encoding.PEM)


def show(console: Console, world: MockWorld, folder: Path) -> None:
    """Print endpoints, files and PINs."""
    table = Table("Rolle", "Adresse", "Einstieg")
    entry = {
        "konnektor": "/connector.sds",
        "idp": "/.well-known/openid-configuration",
        "erezept": "/VAUCertificate",
        "vzd": "/search/HealthcareService",
        "kim_fachdienst": "/ServiceInformation/v1.0/serviceinfo",
    }
    for role in world.servers:
        table.add_row(role, world.base_url(role), entry.get(role, "/"))
        for name, port in world.ports[role].ports.items() if role in world.ports else ():
            table.add_row("", f"localhost:{port}", name)
    if world.control is not None:
        table.add_row("Steuerung", world.control.base_url, "/health")
    console.print(table)
    console.print(f"TLS-Vertrauensanker      {folder / 'tls-ca.pem'}", soft_wrap=True)
    console.print(f"Client-Zertifikat CS1    {folder / 'clientsystem-CS1.pem'}", soft_wrap=True)
    console.print(f"Karten-CAs               {folder / 'karten-ca.pem'}", soft_wrap=True)
    console.print("Kontext                  Mandant M1 · Clientsystem CS1 · Arbeitsplatz WP1")
    console.print("PINs                     PIN.SMC 123456 · PIN.CH 123456 · PIN.QES 123456")
    console.print(
        f"Probe                    curl --cacert {folder / 'tls-ca.pem'} "
        f"--cert {folder / 'clientsystem-CS1.pem'} {world.base_url('konnektor')}/connector.sds",
        soft_wrap=True,
    )
