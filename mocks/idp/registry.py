"""Who is registered at the IDP, and which service stands behind a scope."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

ERP_AUDIENCE = "https://erp-test.zentral.erp.splitdns.ti-dienste.de/"


@dataclass(frozen=True, slots=True)
class Registration:
    """A client system with its exact redirect address and the scopes it may ask for."""

    redirect_uri: str
    scopes: frozenset[str]


@dataclass(frozen=True, slots=True)
class Scope:
    """A scope: `audience` is the service the token is for, none for `openid`."""

    consent: str
    audience: str | None = None


CLIENTS: Mapping[str, Registration] = {
    "eRezeptApp": Registration(
        "http://redirect.gematik.de/erezept", frozenset({"openid", "e-rezept", "e-rezept-dev"})
    ),
    "gematikTestPs": Registration(
        "http://test-ps.gematik.de/erezept", frozenset({"openid", "e-rezept", "e-rezept-dev"})
    ),
    "gematikTestPsEpa": Registration("http://test-ps.gematik.de/ePA", frozenset({"openid", "epa"})),
}

SCOPES: Mapping[str, Scope] = {
    "openid": Scope("Zugriff auf den ID-Token."),
    "e-rezept": Scope("Zugriff auf die E-Rezept-Funktionalität.", ERP_AUDIENCE),
    "e-rezept-dev": Scope("Zugriff auf die E-Rezept-Funktionalität.", ERP_AUDIENCE),
    "epa": Scope("Zugriff auf die ePA-Funktionalität.", "https://epa.audience.de"),
}

_PURPOSE = "Zustimmung zur Verarbeitung "
CLAIM_CONSENT: Mapping[str, str] = {
    "given_name": _PURPOSE + "des Vornamens",
    "family_name": _PURPOSE + "des Nachnamens",
    "professionOID": _PURPOSE + "der Rolle",
    "organizationName": _PURPOSE + "der Organisationszugehörigkeit",
    "idNummer": _PURPOSE + "der Id (z.B. Krankenversichertennummer, Telematik-Id)",
    "display_name": _PURPOSE + "des Vornamens und des Nachnamens",
    "organizationIK": _PURPOSE + "der IK-Nummer",
}


def service_scope(scope: str) -> str:
    """Return the one scope beside `openid`; the order does not matter."""
    return next(item for item in scope.split() if item != "openid")


def with_extra(settings: Mapping[str, object]) -> Mapping[str, Registration]:
    """Return the registered clients, with those of the profile (`clients.<id>.redirect_uri`)."""
    extra = settings.get("clients", {})
    if not isinstance(extra, Mapping):
        return CLIENTS
    return {
        **CLIENTS,
        **{
            str(name): Registration(str(entry["redirect_uri"]), frozenset(SCOPES))
            for name, entry in extra.items()
        },
    }
