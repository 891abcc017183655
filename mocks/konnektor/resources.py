"""EventService 7.2: card terminals, and the state of terminal, card and Konnektor."""

from __future__ import annotations

import hashlib

from mocks.konnektor.answer import Answer, status
from mocks.konnektor.card_operations import card_element
from mocks.konnektor.cards import Card
from mocks.konnektor.conditions import NO_SIS, NO_TI, condition
from mocks.konnektor.context import Call
from mocks.konnektor.directory import product_information
from mocks.konnektor.errors import KonnektorError
from mocks.konnektor.reach import is_visible, reaches
from mocks.konnektor.state import State
from pruefstand.soap.envelope import Element, element, text
from pruefstand.soap.fault import xml_time


def get_card_terminals(node: Element, call: Call, state: State) -> Answer:
    """List the terminals in reach of the workplace, of the client system when `mandant-wide`."""
    everywhere = node.get("mandant-wide") in ("true", "1")
    found = [
        _terminal(name, state)
        for name in state.model.terminals
        if reaches(call, name, state, everywhere=everywhere)
    ]
    listed = element("CTI:CardTerminals", *found)
    return Answer(element("EVT:GetCardTerminalsResponse", status(state), listed))


def get_resource_information(node: Element, call: Call, state: State) -> Answer:
    """Describe a card, a terminal, or without any name the Konnektor itself."""
    terminal, slot = text(node, "CARDCMN:CtId"), text(node, "CARDCMN:SlotId")
    iccsn = text(node, "CARDCMN:Iccsn")
    if terminal is not None and terminal not in state.model.terminals:
        raise KonnektorError(4007, terminal)
    if call.card is not None:
        found = card_element(call.card)
    elif iccsn is not None:
        found = card_element(_with_iccsn(iccsn, call, state))
    elif slot is not None:
        found = card_element(card_in_slot(terminal, slot, state))
    elif terminal is not None:
        found = _terminal(terminal, state)
    else:
        found = _connector(state)
    return Answer(element("EVT:GetResourceInformationResponse", status(state), found))


def card_in_slot(terminal: str | None, slot: str, state: State) -> Card:
    """Return the card in a slot; 4097 for a slot that cannot be, 4098 for an empty one."""
    card = state.in_slot(terminal or "", slot_number(terminal, slot, state))
    if card is None:
        raise KonnektorError(4098, slot)
    return card


def slot_number(terminal: str | None, slot: str, state: State) -> int:
    """Return the number of a slot; 4097 when no terminal can have it."""
    found = state.model.terminals.get(terminal or "")
    if found is None or not slot.isdigit() or not 1 <= int(slot) <= found.slots:
        raise KonnektorError(4097, slot)
    return int(slot)


def _with_iccsn(iccsn: str, call: Call, state: State) -> Card:
    for card in state.plugged():
        if card.iccsn == iccsn and is_visible(card, call, state, everywhere=False):
            return card
    raise KonnektorError(4099, iccsn)


def _terminal(name: str, state: State) -> Element:
    found = state.model.terminals[name]
    places = [element("CONN:WorkplaceId", place) for place in sorted(found.local | found.remote)]
    # A locally administered address, always the same for a name.
    octets = b"\x02" + hashlib.sha256(name.encode()).digest()[:5]
    return element(
        "CTI:CardTerminal",
        product_information(state.ctx.clock.now(), "KT", "Kartenterminal (Mock)"),
        element("CARDCMN:CtId", name),
        element("CONN:WorkplaceIds", *places),
        element("CTI:Name", name),
        element("CTI:MacAddress", octets.hex("-")),
        element("CTI:Slots", str(found.slots)),
        element("CTI:IS_PHYSICAL", "true"),
        element("CTI:Connected", "true" if state.is_connected(name) else "false"),
    )


def _connector(state: State) -> Element:
    online, since = state.is_online, xml_time(state.started)
    healthy = {NO_TI: None, NO_SIS: None}

    def connection(name: str) -> Element:
        return element(
            f"CONN:{name}",
            element("CONN:ConnectionStatus", "Online" if online else "Offline"),
            element("CONN:Timestamp", since),
        )

    return element(
        "CONN:Connector",
        connection("VPNTIStatus"),
        connection("VPNSISStatus"),
        element(
            "CONN:OperatingState",
            *(_error_state(name, state) for name in {**healthy, **state.conditions}),
        ),
    )


def _error_state(name: str, state: State) -> Element:
    """Return one condition; a healthy Konnektor names those that do not hold."""
    row, since = condition(name), state.conditions.get(name)
    return element(
        "CONN:ErrorState",
        element("CONN:ErrorCondition", name),
        element("CONN:Severity", row.severity),
        element("CONN:Type", row.kind),
        element("CONN:Value", "false" if since is None else "true"),
        element("CONN:ValidFrom", xml_time(since or state.started)),
    )
