"""The HTML report in Chromium: no network, no error, accessible, by keyboard, on paper."""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import axe_core_python
import pytest
from pypdf import PdfReader
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.wait import WebDriverWait

from pruefstand.evidence.run_folder import RunWriter
from pruefstand.model.case import StepRecord
from pruefstand.model.verdict import Finding, Verdict
from pruefstand.report import html
from pruefstand.report.dossier import Dossier
from pruefstand.report.texts import Language
from tests.browser.chromium import chromium, needs_chromium
from tests.unit.report_runs import CLOCK, case, dossier_of, exchange, hostile_case, upload

pytestmark = needs_chromium
AXE = (Path(axe_core_python.__file__).parent / "axe.min.js").read_text(encoding="utf-8")
RULES = {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"]}
HOSTILE = "</script><script>window.hit=1</script><img src=x onerror=window.hit=1>\"' onload='x"


def write(folder: Path, language: Language) -> Path:
    writer = RunWriter(folder / "run", CLOCK)
    failed = (Finding("A_19021", "Status", Verdict.FAILED, "201", "500", "inner"),)
    lost = exchange("lost", response=None, step=0)
    cases = [
        case(writer, [*upload(), lost], id="TC-1", title="Rezept einstellen"),
        case(
            writer,
            upload(),
            id="TC-2",
            title="Rezept löschen",
            findings=failed,
            verdict=Verdict.FAILED,
            message="Status 500",
            blame="sut",
        ),
        *(case(writer, [], id=f"TC-{v.name}", verdict=v, message="Grund") for v in Verdict),
        case(writer, [], id="TC-STEP", steps=(StepRecord("Dann", "fehlt etwas", "undefined"),)),
        hostile_case(writer, HOSTILE),
    ]
    dossier: Dossier = dossier_of(folder / "run", cases, language, selftest=True)
    page = folder / f"report-{language}.html"
    page.write_bytes(b"".join(html.pieces(dossier)))
    return page


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[Language, Path]:
    return {lang: write(tmp_path_factory.mktemp(lang), lang) for lang in Language}


@pytest.fixture(scope="module")
def browser() -> Iterator[webdriver.Chrome]:
    with chromium() as driver:
        yield driver


@pytest.fixture
def driver(browser: webdriver.Chrome, pages: dict[Language, Path]) -> webdriver.Chrome:
    show(browser, pages[Language.GERMAN])
    return browser


def show(driver: webdriver.Chrome, page: Path) -> None:
    """Open `page` as a reader does who has never seen it."""
    driver.get("about:blank")
    for kind in ("browser", "performance"):
        driver.get_log(kind)  # type: ignore[no-untyped-call]
    driver.get(page.as_uri())


def wait(driver: webdriver.Chrome, ready: Callable[[webdriver.Chrome], Any]) -> Any:
    return WebDriverWait(driver, 20).until(ready)


def open_everything(driver: webdriver.Chrome) -> None:
    driver.execute_script("for (const e of document.querySelectorAll('details')) e.open = true")
    shown = "return document.querySelectorAll('.messages:not([data-shown])').length"
    wait(driver, lambda d: d.execute_script(shown) == 0)
    wait(driver, lambda d: d.find_elements(By.CLASS_NAME, "exchange"))
    driver.execute_script("for (const e of document.querySelectorAll('details')) e.open = true")
    empty = "return document.querySelectorAll('pre.body:empty').length"
    wait(driver, lambda d: d.execute_script(empty) == 0)


def press(driver: webdriver.Chrome, *keys: str) -> None:
    driver.switch_to.active_element.send_keys(*keys)


def focus(driver: webdriver.Chrome) -> Any:
    return driver.switch_to.active_element


def violations(driver: webdriver.Chrome) -> list[str]:
    driver.execute_script(AXE)
    found = driver.execute_async_script(
        "const [only, done] = arguments;"
        "const failed = (error) => done({violations: [{id: String(error), nodes: []}]});"
        "axe.run(document, {runOnly: only}).then(done, failed)",
        RULES,
    )
    return [
        f"{rule['id']}: {node['html'][:160]} {node.get('failureSummary', '')}"
        for rule in found["violations"]
        for node in rule["nodes"] or [{"html": ""}]
    ]


def requests(driver: webdriver.Chrome) -> list[str]:
    events = [json.loads(e["message"])["message"] for e in driver.get_log("performance")]  # type: ignore[no-untyped-call]
    sent = [
        e["params"]["request"]["url"] for e in events if e["method"] == "Network.requestWillBeSent"
    ]
    return [url for url in sent if not url.startswith(("about:", "blob:", "data:"))]


@pytest.mark.parametrize("language", list(Language))
def test_it_works_from_disk_without_network_and_without_an_error(
    browser: webdriver.Chrome, pages: dict[Language, Path], language: Language
) -> None:
    show(browser, pages[language])
    open_everything(browser)
    assert browser.execute_script("return window.hit === undefined")
    assert not browser.find_elements(By.TAG_NAME, "img")
    assert requests(browser) == [pages[language].as_uri()]
    assert browser.get_log("browser") == []  # type: ignore[no-untyped-call]


def test_an_error_and_a_request_would_be_seen(browser: webdriver.Chrome, tmp_path: Path) -> None:
    page = tmp_path / "bad.html"
    page.write_text("<title>x</title><img src='http://localhost:9/x.png'><script>x.y</script>")
    show(browser, page)
    assert "http://localhost:9/x.png" in requests(browser)
    assert browser.get_log("browser")  # type: ignore[no-untyped-call]


@pytest.mark.parametrize(
    ("language", "scheme"), [(Language.GERMAN, "light"), (Language.ENGLISH, "dark")]
)
def test_axe_finds_nothing(
    browser: webdriver.Chrome, pages: dict[Language, Path], language: Language, scheme: str
) -> None:
    features = [{"name": "prefers-color-scheme", "value": scheme}]
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
    show(browser, pages[language])
    open_everything(browser)
    found = violations(browser)
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})
    assert found == []


def test_axe_would_find_something(driver: webdriver.Chrome) -> None:
    driver.execute_script("document.documentElement.removeAttribute('lang')")
    assert any(text.startswith("html-has-lang") for text in violations(driver))


def test_the_first_tab_skips_to_the_result(driver: webdriver.Chrome) -> None:
    driver.find_element(By.TAG_NAME, "body").send_keys(Keys.TAB)
    assert focus(driver).get_attribute("href").endswith("#ergebnis")
    press(driver, Keys.ENTER)
    wait(driver, lambda d: focus(d).get_attribute("id") == "ergebnis")


def test_tab_walks_through_the_page_in_its_order(driver: webdriver.Chrome) -> None:
    driver.find_element(By.TAG_NAME, "body").send_keys(Keys.TAB)
    places = []
    for _ in range(60):
        element = focus(driver)
        places.append(
            driver.execute_script(
                """
            const all = [...document.querySelectorAll('*')];
            return all.indexOf(arguments[0])""",
                element,
            )
        )
        press(driver, Keys.TAB)
    assert places == sorted(places)
    assert len(set(places)) == 60


def test_the_filter_works_by_keyboard(driver: webdriver.Chrome) -> None:
    search = driver.find_element(By.ID, "suche")
    search.send_keys("löschen")
    hits = driver.find_element(By.ID, "treffer")
    total = len(driver.find_elements(By.CSS_SELECTOR, "tr[data-case]"))
    assert hits.text == f"1 von {total}"
    shown = [
        row for row in driver.find_elements(By.CSS_SELECTOR, "tr[data-case]") if row.is_displayed()
    ]
    assert [row.find_element(By.CLASS_NAME, "id").text for row in shown] == ["TC-2"]
    for _ in range("löschen".__len__()):
        search.send_keys(Keys.BACKSPACE)
    box = driver.find_element(By.CSS_SELECTOR, "input[value=passed]")
    box.send_keys(Keys.SPACE)
    passed = driver.find_elements(By.CSS_SELECTOR, "tr[data-verdict=passed]")
    assert passed
    assert not any(row.is_displayed() for row in passed)


def test_a_message_opens_by_keyboard_and_shows_its_body(driver: webdriver.Chrome) -> None:
    driver.execute_script("document.querySelector('#f1 > summary').focus()")
    press(driver, Keys.ENTER)
    arrow = wait(driver, lambda d: d.find_elements(By.CSS_SELECTOR, "#f1 svg a"))[0]
    driver.execute_script("arguments[0].focus()", arrow)
    press(driver, Keys.ENTER)
    body = wait(
        driver, lambda d: d.find_elements(By.CSS_SELECTOR, "#f1-n1[open] pre.body:not(:empty)")
    )
    assert "<Task>" in body[0].text
    assert focus(driver).tag_name == "summary"


def test_an_address_leads_to_its_message(
    browser: webdriver.Chrome, pages: dict[Language, Path]
) -> None:
    browser.get("about:blank")
    browser.get(f"{pages[Language.GERMAN].as_uri()}#f1-n2")
    wait(browser, lambda d: d.find_elements(By.CSS_SELECTOR, "#f1-n2[open]"))


def test_a_damaged_pack_says_where_the_messages_are(driver: webdriver.Chrome) -> None:
    driver.execute_script("document.getElementById('f1-pack').textContent = 'AAAA'")
    driver.execute_script("document.getElementById('f1').open = true")
    place = driver.find_element(By.CSS_SELECTOR, "#f1 .messages")
    wait(driver, lambda _d: "blobs/sha256/" in place.text)


def test_paper_shows_what_is_closed_on_screen(driver: webdriver.Chrome) -> None:
    printed = PdfReader(io.BytesIO(base64.b64decode(driver.print_page())))
    text = " ".join(" ".join(page.extract_text() for page in printed.pages).split())
    for said in (
        "Selbsttest des Prüfstands",
        "Was nicht geprüft wurde",
        "Task/$activate",
        "Arbeitgeber",
    ):
        assert said in text
    assert "Suche" not in text
    assert not driver.find_element(By.ID, "f1").get_attribute("open")
