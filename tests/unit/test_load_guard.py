"""Load goes to own mocks on this machine only, in bounds."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from pruefstand.cli.load import require_load_allowed, require_loopback
from pruefstand.cli.load_processes import load_folder
from pruefstand.config.load_scenario import LoadScenario, load_scenario
from pruefstand.config.profile import Environment, Profile, Sut, Target
from pruefstand.drivers.endpoints import FileEndpoints
from pruefstand.errors import ConfigurationError

PROFILE = Profile("p", Environment.MOCK, Sut(), {"erezept": Target(load=True)})


def endpoints(url: str) -> FileEndpoints:
    """Return endpoints with one address."""
    return FileEndpoints({"erezept": url}, "ca.pem", {"CS1": "cs1.pem"}, 0.0, 1)


@pytest.fixture
def prescribe() -> LoadScenario:
    return load_scenario("prescribe", load_folder() / "scenarios")


def test_a_profile_that_permits_load_is_accepted() -> None:
    require_load_allowed(PROFILE)


@pytest.mark.parametrize(
    "profile",
    [
        replace(PROFILE, targets={"erezept": Target(load=True), "idp": Target(load=False)}),
        replace(PROFILE, targets={"erezept": Target(kind="http", load=True)}),
        replace(PROFILE, environment=Environment.RU),
        replace(PROFILE, targets={}),
    ],
)
def test_any_other_profile_is_refused(profile: Profile) -> None:
    with pytest.raises(ConfigurationError, match="Last ist nicht erlaubt"):
        require_load_allowed(profile)


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "[::1]"])
def test_loopback_addresses_are_accepted(host: str) -> None:
    require_loopback(endpoints(f"https://{host}:8443"))


@pytest.mark.parametrize(
    "url",
    [
        "https://erp.zentral.erp.splitdns.ti-dienste.de",
        "https://10.0.0.1:443",
        "https://localhost.example",
    ],
)
def test_other_addresses_are_refused(url: str) -> None:
    with pytest.raises(ConfigurationError, match="nicht erlaubt"):
        require_loopback(endpoints(url))


@pytest.mark.parametrize("name", ["sign", "prescribe"])
def test_every_scenario_is_valid_and_its_thresholds_name_requirements(name: str) -> None:
    scenario = load_scenario(name, load_folder() / "scenarios")
    assert scenario.thresholds
    assert all(threshold.requirement for threshold in scenario.thresholds)
    assert LoadScenario.from_json(scenario.to_json()) == scenario


@pytest.mark.parametrize(
    ("rate", "duration", "warmup"),
    [(0, None, None), (61, None, None), (None, 601, None), (None, 0, None), (None, 5, 5)],
)
def test_values_out_of_bounds_are_refused(
    prescribe: LoadScenario, rate: float | None, duration: float | None, warmup: float | None
) -> None:
    with pytest.raises(ConfigurationError):
        prescribe.changed(rate=rate, duration=duration, warmup=warmup)


def test_values_in_bounds_replace_those_of_the_file(prescribe: LoadScenario) -> None:
    changed = prescribe.changed(rate=5, duration=600, warmup=None)
    assert (changed.rate, changed.duration, changed.warmup) == (5, 600, prescribe.warmup)


def test_an_unknown_scenario_suggests_a_known_one() -> None:
    with pytest.raises(ConfigurationError, match="meinten Sie 'sign'"):
        load_scenario("sing", load_folder() / "scenarios")


def test_a_misspelled_key_is_an_error(tmp_path: Path) -> None:
    text = 'title = "x"\nrate = 1.0\nduration = 2.0\nmax_rate = 5.0\nwarmpu = 1.0\n'
    (tmp_path / "eigen.toml").write_text(text, encoding="utf-8")
    with pytest.raises(ConfigurationError, match="warmpu"):
        load_scenario("eigen", tmp_path)


def test_endpoints_survive_the_file(tmp_path: Path) -> None:
    path = tmp_path / "endpoints.json"
    endpoints("https://localhost:1").write(path)
    assert FileEndpoints.read(path) == endpoints("https://localhost:1")
    with pytest.raises(ConfigurationError, match="keine Endpunkte"):
        FileEndpoints.read(tmp_path / "fehlt.json")
    with pytest.raises(ConfigurationError, match="hat keine Adresse"):
        endpoints("https://localhost:1").base_url("kim")
