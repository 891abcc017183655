"""Select exchanges by role, operation and layer."""

from __future__ import annotations

from pruefstand.checks.check import Exchanges
from pruefstand.model.exchange import Exchange, Layer


def carried_by_vau(exchanges: Exchanges, operation: str = "") -> list[Exchange]:
    """Return the inner HTTP exchanges with the Fachdienst, all or those of `operation`."""
    carriers = {exchange.id for exchange in exchanges if exchange.layer is Layer.VAU}
    return [
        exchange
        for exchange in exchanges
        if exchange.layer is Layer.HTTP
        and exchange.parent in carriers
        and (not operation or exchange.operation == operation)
    ]


def outer_http(exchanges: Exchanges, *peers: str) -> list[Exchange]:
    """Return the HTTP exchanges that went directly over the wire to `peers`."""
    carriers = {exchange.id for exchange in exchanges if exchange.layer is Layer.VAU}
    return [
        exchange
        for exchange in exchanges
        if exchange.layer is Layer.HTTP
        and exchange.parent not in carriers
        and (not peers or exchange.peer in peers)
    ]


def soap(exchanges: Exchanges, operation: str) -> list[Exchange]:
    """Return the SOAP exchanges of `operation`."""
    return [
        exchange
        for exchange in exchanges
        if exchange.layer is Layer.SOAP and exchange.operation == operation
    ]


def answered(exchanges: list[Exchange], *statuses: int) -> list[Exchange]:
    """Return those answered with one of `statuses`."""
    return [exchange for exchange in exchanges if exchange.status in statuses]


def by_actor(exchanges: Exchanges, actor: str) -> list[Exchange]:
    """Return those that `actor` started."""
    return [exchange for exchange in exchanges if exchange.actor == actor]
