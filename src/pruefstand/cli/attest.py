"""`pruefstand attest`: list what people have to confirm, confirm it, take it back."""

from __future__ import annotations

import os
import sys
import threading
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from pruefstand.attest.desk import Desk, Entry, open_desk, read_upload
from pruefstand.cli.campaign import day_of
from pruefstand.clock import SystemClock
from pruefstand.config.project import project_root
from pruefstand.errors import ExitCode, OperatorError
from pruefstand.evidence.attestation import Outcome, Person, Statement
from pruefstand.evidence.campaign import read_campaign
from pruefstand.evidence.operator_key import OperatorKey, key_path, operator_key
from pruefstand.model.verdict import Verdict

app = typer.Typer(add_completion=False)
EPILOG = (
    "Beispiele:\n\n"
    "pruefstand attest --campaign golive\n\n"
    'pruefstand attest CHK-0402 --campaign golive --wer "Dr. Ada Beispiel" --rolle Praxisinhaberin '
    "--datei vertrag.pdf --gueltig-bis 2027-11-30\n\n"
    'pruefstand attest CHK-0402 --campaign golive --zurueckziehen --wer "…" --rolle "…" '
    '--notiz "Vertrag gekündigt"\n\n'
    "pruefstand attest --campaign golive --web"
)


@app.command(epilog=EPILOG)
def attest(
    case: Annotated[str, typer.Argument(metavar="[PUNKT]", help="Testfall wie CHK-0402")] = "",
    campaign: Annotated[Path, typer.Option(help="Ordner der Kampagne")] = Path("kampagne"),
    wer: Annotated[str, typer.Option(help="Name der Person, die hingesehen hat")] = "",
    rolle: Annotated[str, typer.Option(help="ihre Rolle in der Praxis")] = "",
    produkt: Annotated[str, typer.Option(help="was angesehen wurde")] = "",
    version: Annotated[str, typer.Option(help="in welcher Version")] = "",
    notiz: Annotated[str, typer.Option(help="was zu sehen war")] = "",
    datei: Annotated[list[Path] | None, typer.Option(help="Beleg; mehrfach möglich")] = None,
    zweite_person: Annotated[str, typer.Option(help="Name der zweiten Person")] = "",
    zweite_rolle: Annotated[str, typer.Option(help="deren Rolle")] = "",
    gueltig_bis: Annotated[str, typer.Option(help="letzter Tag JJJJ-MM-TT")] = "",
    nicht_erfuellt: Annotated[
        bool, typer.Option("--nicht-erfuellt", help="der Punkt ist nicht erfüllt")
    ] = False,
    zurueckziehen: Annotated[
        bool, typer.Option("--zurueckziehen", help="die letzte Aussage zurückziehen")
    ] = False,
    web: Annotated[bool, typer.Option("--web", help="Seite im Browser dieses Rechners")] = False,
    port: Annotated[int, typer.Option(help="fester Port, 0 = freier", min=0, max=65535)] = 0,
    seconds: Annotated[float, typer.Option(help="mit --web: so lange, 0 = bis Strg-C")] = 0,
) -> None:
    """Zeigt, was Menschen bestätigen müssen, und nimmt Bestätigungen entgegen."""
    console = Console(highlight=False, soft_wrap=True, emoji=False)
    desk = open_desk(project_root(), read_campaign(campaign), day_of(None))
    if web:
        serve_page(console, desk, port, seconds)
        return
    if not case:
        show(console, desk)
        raise typer.Exit(code_of(desk))
    entry = desk.entry(case)
    outcome = Outcome.NOT_FULFILLED if nicht_erfuellt else Outcome.FULFILLED
    statement = Statement(
        case=case,
        item=entry.item.item.id,
        text=entry.item.text,
        outcome=Outcome.WITHDRAWN if zurueckziehen else outcome,
        person=Person(wer, rolle),
        product=produkt,
        version=version,
        note=notiz,
        second=Person(zweite_person, zweite_rolle) if zweite_person or zweite_rolle else None,
        valid_until=day_given(gueltig_bis),
    )
    if at_terminal() and not (wer and rolle):
        statement = asked(console, desk, entry, statement)
    uploads = [read_upload(path) for path in datei or []]
    record = desk.state(statement, uploads, own_key(), SystemClock().now())
    console.print(f"Eintrag {record.number:04d}: {case} {record.statement.outcome}", markup=False)


def at_terminal() -> bool:
    """Say whether a person can be asked."""
    return sys.stdin.isatty()


def own_key() -> OperatorKey:
    """Return the operator's key, created on first use."""
    return operator_key(key_path(os.environ), SystemClock().now())


def day_given(text: str) -> date | None:
    """Return the day in `text`, None when it is empty; raises OperatorError."""
    try:
        return date.fromisoformat(text) if text else None
    except ValueError as error:
        raise OperatorError(
            f"gültig bis {text!r} ist kein Tag", hint="Form JJJJ-MM-TT, zum Beispiel 2027-11-30"
        ) from error


def code_of(desk: Desk) -> ExitCode:
    """Return the exit code of the items alone: 1 not fulfilled, 6 open, 0 all confirmed."""
    verdicts = {entry.verdict for entry in desk.entries}
    if Verdict.FAILED in verdicts:
        return ExitCode.SUT_FAILED
    return ExitCode.UNDECIDED if Verdict.OPEN in verdicts else ExitCode.GREEN


def show(console: Console, desk: Desk) -> None:
    """Print every item with its state."""
    table = Table("Punkt", "Urteil", "Was", "Grund")
    for entry in desk.entries:
        told = (entry.item.case, entry.verdict.value, entry.item.title, entry.reason)
        table.add_row(*map(escape, told))
    console.print(table)
    for problem in desk.campaign.problems:
        console.print(f"zählt nicht: {problem}", markup=False)


def asked(console: Console, desk: Desk, entry: Entry, given: Statement) -> Statement:
    """Return `given` with what a person at the terminal adds."""
    console.print(entry.item.text, markup=False)
    person = Person(
        given.person.name or typer.prompt("Wer hat hingesehen?"),
        given.person.role or typer.prompt("In welcher Rolle?"),
    )
    second = given.second
    if second is None and desk.rules.second_person and given.outcome is not Outcome.WITHDRAWN:
        second = Person(typer.prompt("Zweite Person?"), typer.prompt("Deren Rolle?"))
    note = given.note or typer.prompt("Notiz", default="", show_default=False)
    return replace(given, person=person, second=second, note=note)


def serve_page(console: Console, desk: Desk, port: int, seconds: float) -> None:
    """Serve the page on the loopback interface until Ctrl-C or for `seconds`."""
    from pruefstand.attest.web import serve_desk

    server, address = serve_desk(desk, own_key(), SystemClock(), port=port)
    console.print(f"Seite: {address}", markup=False)
    console.print("Nur auf diesem Rechner und nur mit dieser Adresse. Ende mit Strg-C.")
    try:
        threading.Event().wait(seconds or None)
    except KeyboardInterrupt:
        console.print("Seite beendet.")
    finally:
        server.close()
