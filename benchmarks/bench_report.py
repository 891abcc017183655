"""Reports: a run of 500 scenarios opens within 2 s in Chromium; what each format costs.

The run has the proportions of an acceptance run: 14 message pairs a scenario on up to six layers,
bodies of 7 kB. Ratios are taken against opening an empty page in the same browser.
"""

from __future__ import annotations

import base64
import json
import resource
import shutil
import statistics
import sys
import tempfile
from datetime import UTC, date, datetime
from pathlib import Path
from time import process_time

from selenium import webdriver
from selenium.webdriver.chrome.service import Service

from pruefstand.clock import VirtualClock
from pruefstand.config.project import project_root
from pruefstand.evidence.run_folder import RunWriter, read_run
from pruefstand.model.case import CaseRecord, Json, StepRecord
from pruefstand.model.verdict import Finding, Verdict
from pruefstand.report.dossier import compile_dossier
from pruefstand.report.files import writers
from pruefstand.requirements.catalogue import load_catalogue
from pruefstand.rng import Rng

SCENARIOS = 500
PAIRS = 14
BODY = 7000
MAX_SECONDS = 2.0
REPEATS = 5
OPTIONS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--window-size=1280,1000",
)
LAYERS = (("tls", None), ("http", "tls"), ("vau", "http"), ("http", "vau"), ("fhir", "http2"))
PEERS = ("konnektor", "idp", "erezept")


def body(rng: Rng, number: int) -> bytes:
    """Return XML of which a third does not compress, as signatures do not."""
    entry = f"<entry><fullUrl value='urn:uuid:{number}'/><resource/></entry>".encode()
    noise = base64.b64encode(rng.derive("noise", number).token_bytes(BODY // 4))
    return b"<Bundle>" + entry * (BODY * 2 // 3 // len(entry)) + b"<x>" + noise + b"</x></Bundle>"


def pair(writer: RunWriter, rng: Rng, scenario: int, place: int) -> list[Json]:
    """Return the layers of one message pair."""
    number = scenario * PAIRS + place
    stored = writer.blob(body(rng, number))
    message = {
        "start": "POST /Task/$create HTTP/1.1",
        "headers": [["Content-Type", "application/fhir+xml"], ["X-Request-Id", str(number)]],
        "size": BODY,
        "body": stored,
        "status": 200,
    }
    names: dict[str | None, str | None] = {None: None}
    records = []
    for layer, carrier in LAYERS:
        name = f"{layer}2" if layer in names else layer
        names[name] = f"{number}-{name}"
        records.append(
            {
                "id": names[name],
                "parent": names[carrier],
                "layer": layer,
                "side": "client",
                "actor": "pvs",
                "peer": PEERS[place % 3],
                "operation": "Task/$create",
                "started": f"2026-11-24T10:00:{place:02d}+00:00",
                "duration": 0.012,
                "request": message,
                "response": message,
                "facts": {"cipher": "TLS_AES_256_GCM_SHA384"},
                "error": None,
                "step": place // 4,
            }
        )
    return records


def case(writer: RunWriter, rng: Rng, number: int) -> CaseRecord:
    """Return one scenario; one of fifty fails."""
    failed = number % 50 == 49
    verdict = Verdict.FAILED if failed else Verdict.PASSED
    exchanges = tuple(x for place in range(PAIRS) for x in pair(writer, rng, number, place))
    return CaseRecord(
        id=f"ERP-{number:04d}",
        title="Eine Verordnung wird geschrieben, signiert, eingestellt und eingelöst",
        feature=f"erezept/flow{number % 12}.feature",
        tags=("tc:ERP", "art:positiv", "req:A_19021-02", "req:A_19289", "rolle:pvs"),
        verdict=verdict,
        steps=tuple(StepRecord("Wenn", "die Praxis verordnet", "passed", 0.01) for _ in range(4)),
        findings=tuple(
            Finding("A_19021-02", "Status", verdict, "201", "201", str(exchanges[0]["id"]))
            for _ in range(4)
        ),
        exchanges=exchanges,
        duration=0.3,
        message="Status war 500" if failed else "",
    )


def opened(driver: webdriver.Chrome, address: str) -> float:
    """Return the seconds until the page has loaded, as the browser measures them."""
    driver.get(address)
    script = "return performance.getEntriesByType('navigation')[0].loadEventEnd"
    return float(driver.execute_script(script)) / 1000


def opening(page: Path, empty: Path) -> tuple[float, float]:
    """Return the median seconds for `page` and for `empty`, in one browser."""
    options = webdriver.ChromeOptions()
    options.binary_location = shutil.which("chromium") or ""
    with tempfile.TemporaryDirectory() as profile:
        for argument in (*OPTIONS, f"--user-data-dir={profile}"):
            options.add_argument(argument)
        driver = webdriver.Chrome(options=options, service=Service(shutil.which("chromedriver")))
        try:
            times = [
                (opened(driver, page.as_uri()), opened(driver, empty.as_uri()))
                for _ in range(REPEATS)
            ]
        finally:
            driver.quit()
    return statistics.median(t[0] for t in times), statistics.median(t[1] for t in times)


def measure() -> dict[str, float]:
    """Return seconds and megabytes per format, and the seconds Chromium takes."""
    found: dict[str, float] = {"scenarios": SCENARIOS}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        writer = RunWriter(folder / "run", VirtualClock.at_day(date(2026, 11, 24)))
        rng = Rng(1)
        cases = [case(writer, rng, number) for number in range(SCENARIOS)]
        stamp = datetime(2026, 11, 24, 10, tzinfo=UTC).isoformat()
        writer.finish({"id": "bench", "started": stamp, "finished": stamp}, cases)
        dossier = compile_dossier(
            read_run(folder / "run"), load_catalogue(project_root() / "catalogue")
        )
        for format_name, format_writer in writers().items():
            start = process_time()
            content = b"".join(format_writer.pieces(dossier))
            found[f"{format_name}_seconds"] = round(process_time() - start, 2)
            found[f"{format_name}_mb"] = round(len(content) / 1e6, 2)
            (folder / format_writer.file).write_bytes(content)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        found["peak_mb"] = round(peak)
        if shutil.which("chromium") and shutil.which("chromedriver"):
            (folder / "empty.html").write_text("<!DOCTYPE html><title>x</title>")
            page, empty = opening(folder / "report.html", folder / "empty.html")
            found["chromium_seconds"] = round(page, 2)
            found["chromium_ratio_to_empty_page"] = round(page / empty, 1)
    return found


if __name__ == "__main__":
    result = measure()
    print(json.dumps(result))
    sys.exit(0 if result.get("chromium_seconds", 0) <= MAX_SECONDS else 1)
