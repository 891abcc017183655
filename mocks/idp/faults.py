"""The IDP's deliberate misbehaviour: what a client must notice."""

from __future__ import annotations

from pruefstand.mockkit import Fault

DISCOVERY_SIGNATURE = "discovery_signatur_falsch"
DISCOVERY_ROLE = "discovery_rolle_falsch"
CHALLENGE_SIGNATURE = "challenge_signatur_falsch"
TOKEN_SIGNATURE = "token_signatur_falsch"  # noqa: S105 - a fault's name
ACCESS_TOKEN_KEY = "access_token_fremd_verschluesselt"  # noqa: S105 - a fault's name
ID_TOKEN_KEY = "id_token_fremd_verschluesselt"  # noqa: S105 - a fault's name
TOKEN_EXPIRED = "token_bereits_abgelaufen"  # noqa: S105 - a fault's name

# All are lures: a client that verifies stops. Which check turns red when it does not, the
# carelessnesses of the simulated practice say.
FAULTS = {
    fault.name: fault
    for fault in (
        Fault(DISCOVERY_SIGNATURE, "Discovery Document mit fremdem Schlüssel signiert"),
        Fault(DISCOVERY_ROLE, "Discovery Document mit Zertifikat falscher Rolle signiert"),
        Fault(CHALLENGE_SIGNATURE, "Challenge mit fremdem Schlüssel signiert"),
        Fault(TOKEN_SIGNATURE, "Token mit fremdem Schlüssel signiert"),
        Fault(ACCESS_TOKEN_KEY, "Zugriffstoken fremd verschlüsselt"),
        Fault(ID_TOKEN_KEY, "ID-Token fremd verschlüsselt"),
        Fault(TOKEN_EXPIRED, "Token ist bei der Ausgabe abgelaufen"),
    )
}
