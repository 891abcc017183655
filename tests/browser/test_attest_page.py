"""The attestation page in Chromium: by keyboard alone, accessible, without an error."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import axe_core_python
import pytest
from selenium import webdriver
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from pruefstand.attest.web import serve_desk
from pruefstand.clock import SystemClock
from pruefstand.model.verdict import Verdict
from tests.browser.chromium import LOOPBACK, chromium, needs_chromium
from tests.unit.attestation_desk import CASE, Office, office

pytestmark = needs_chromium
AXE = (Path(axe_core_python.__file__).parent / "axe.min.js").read_text(encoding="utf-8")
RULES = {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"]}


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Office, str]]:
    made = office(tmp_path_factory.mktemp("attest"))
    server, address = serve_desk(made.desk, made.key, SystemClock())
    yield made, address
    server.close()


@pytest.fixture(scope="module")
def driver() -> Iterator[webdriver.Chrome]:
    with chromium(LOOPBACK) as browser:
        yield browser


def accessible(driver: webdriver.Chrome) -> list[str]:
    """Return what axe finds on the page that is shown."""
    # As text of the test, not of the page: the page's policy allows no script at all.
    driver.execute_script(AXE)
    found = driver.execute_async_script(
        "const done = arguments[1]; axe.run(document, {runOnly: arguments[0]}).then(done)", RULES
    )
    return [f"{item['id']}: {item['nodes'][0]['html']}" for item in found["violations"]]


def focused(driver: webdriver.Chrome) -> str:
    return driver.switch_to.active_element.get_attribute("name") or ""


def tab_to(driver: webdriver.Chrome, name: str) -> None:
    for _ in range(40):
        if focused(driver) == name:
            return
        ActionChains(driver).send_keys(Keys.TAB).perform()
    raise AssertionError(f"{name} is not reached by the tab key")


def test_an_item_is_confirmed_by_keyboard_alone(
    driver: webdriver.Chrome, served: tuple[Office, str], tmp_path: Path
) -> None:
    made, address = served
    driver.get(address)
    assert accessible(driver) == []
    ActionChains(driver).send_keys(Keys.TAB).perform()
    assert driver.switch_to.active_element.text == "Zum Inhalt"
    link = driver.find_element(By.PARTIAL_LINK_TEXT, "Vertrag zur Auftragsverarbeitung")
    driver.execute_script("arguments[0].focus()", link)
    ActionChains(driver).send_keys(Keys.ENTER).perform()
    assert driver.current_url.endswith(CASE)
    assert accessible(driver) == []
    tab_to(driver, "ergebnis")
    ActionChains(driver).send_keys(Keys.SPACE).perform()
    for name, text in {
        "wer": "Dr. Ada Beispiel",
        "rolle": "Praxisinhaberin",
        "zweite_person": "Ben Muster",
        "zweite_rolle": "MFA",
        "notiz": "Vertrag vom 1. Oktober, Seite 3",
    }.items():
        tab_to(driver, name)
        ActionChains(driver).send_keys(text).perform()
    proof = tmp_path / "vertrag.pdf"
    proof.write_bytes(b"%PDF-1.7")
    driver.find_element(By.ID, "datei").send_keys(str(proof))
    driver.find_element(By.CSS_SELECTOR, "button").send_keys(Keys.ENTER)
    status = driver.find_element(By.CSS_SELECTOR, "[role=status]").text
    assert status == "Notiert und signiert als Eintrag 0001."
    assert accessible(driver) == []
    found = made.standing()
    assert found.verdict is Verdict.ATTESTED
    assert found.attestation is not None
    assert found.attestation.statement.note == "Vertrag vom 1. Oktober, Seite 3"
    assert [file.name for file in found.attestation.statement.attachments] == ["vertrag.pdf"]
    # Sending the form again by going back is seen, not noted a second time.
    driver.back()
    driver.find_element(By.CSS_SELECTOR, "button").send_keys(Keys.ENTER)
    assert made.read().campaign.register.count == 1


def test_a_mistake_is_announced(driver: webdriver.Chrome, served: tuple[Office, str]) -> None:
    _, address = served
    driver.get(address + "CHK-0403")
    driver.find_element(By.CSS_SELECTOR, "input[value='nicht erfüllt']").click()
    for name in ("wer", "rolle"):
        field = driver.find_element(By.NAME, name)
        field.clear()
        field.send_keys("Ada")
    driver.find_element(By.CSS_SELECTOR, "button").click()
    assert "zweite Person" in driver.find_element(By.CSS_SELECTOR, "[role=alert]").text
    assert accessible(driver) == []


def test_the_page_raises_no_error_and_asks_only_this_machine(
    driver: webdriver.Chrome, served: tuple[Office, str]
) -> None:
    driver.get_log("browser")
    driver.get(served[1])
    errors = [entry for entry in driver.get_log("browser") if "favicon" not in entry["message"]]
    assert errors == []
    resources = driver.execute_script("return performance.getEntriesByType('resource').length")
    assert resources == 0
