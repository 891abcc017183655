"""The JSON inside a message: shapes of versions 1 and 3 as data, and their refusals."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from mocks.erezept.errors import Refused

Rule = Callable[[Any], bool]
Shape = Mapping[str, tuple[bool, Rule]]
"""Per field: whether it is required, and what it must be. Other fields are refused."""


def _text(longest: int, *, shortest: int = 0, pattern: str = ".*") -> Rule:
    compiled = re.compile(pattern, re.DOTALL)
    return lambda value: (
        isinstance(value, str)
        and shortest <= len(value) <= longest
        and compiled.fullmatch(value) is not None
    )


def _one_of(*values: object) -> Rule:
    return lambda value: not isinstance(value, bool) and value in values


def _must(rule: Rule) -> tuple[bool, Rule]:
    return True, rule


def _may(rule: Rule) -> tuple[bool, Rule]:
    return False, rule


def _lines(value: Any) -> bool:
    return isinstance(value, list) and all(map(_text(500), value))


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _numbers(*names: str) -> Rule:
    return lambda value: (
        isinstance(value, dict) and all(_number(value[name]) for name in names if name in value)
    )


_SUPPLY = _one_of("onPremise", "shipment", "delivery")
_URL = _text(500, pattern=r"https://.+\..+")
_PHONE = _text(32, pattern=r"(\+|00)[0-9]+")
_METHODS = _one_of("cash", "bankaccount", "creditcard", "paypal")


def _payment_methods(value: Any) -> bool:
    return isinstance(value, list) and all(
        isinstance(item, dict)
        and _METHODS(item.get("method"))
        and ("url" not in item or _URL(item["url"]))
        for item in value
    )


def _cents(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


_V1 = {"version": _must(_one_of(1)), "supplyOptionsType": _must(_SUPPLY)}
_V3 = {"version": _must(_one_of(3)), "transactionID": _must(_text(50))}
_CONTACT = {
    "hint": _may(_text(100)),
    "text": _may(_text(800)),
    "phone": _must(_PHONE),
    "email": _may(_text(10_000, pattern=r".+@.+\..+")),
}


def _order(*supply: str, **fields: tuple[bool, Rule]) -> Shape:
    kind = {
        "communicationType": _must(_one_of("order")),
        "supplyOptionsType": _must(_one_of(*supply)),
    }
    return {**_V3, **_CONTACT, **kind, **fields}


def _reply(kind: str, **fields: tuple[bool, Rule]) -> Shape:
    return {**_V3, "communicationType": _must(_one_of(kind)), **fields}


_ANY_TEXT = _may(_text(800))
SHAPES: Mapping[tuple[str, int], tuple[Shape, ...]] = {
    ("DispReq", 1): (
        {
            **_V1,
            "name": _may(_text(100)),
            "address": _may(_lines),
            "hint": _may(_text(500)),
            "phone": _may(_text(32)),
        },
    ),
    ("Reply", 1): (
        {
            **_V1,
            "info_text": _may(_text(500)),
            "url": _may(_text(500)),
        },
        {
            **_V1,
            "supplyOptionsType": _must(_one_of("onPremise")),
            "info_text": _may(_text(500)),
            "url": _may(_text(500)),
            "pickUpCodeHR": _may(_text(8)),
            "pickUpCodeDMC": _may(_text(128)),
        },
    ),
    ("DispReq", 3): (
        _order(
            "delivery",
            "shipment",
            firstname=_must(_text(45)),
            lastname=_must(_text(45)),
            address=_must(_text(100, shortest=3)),
            postcode=_must(_text(10, shortest=3)),
            city=_must(_text(100, shortest=2)),
            country=_must(_text(3, shortest=2)),
        ),
        _order("onPremise"),
        {
            **_V3,
            **_CONTACT,
            "communicationType": _must(_one_of("text")),
            "text": _must(_text(800)),
            "phone": _may(_PHONE),
        },
    ),
    ("Reply", 3): (
        _reply("text", text=_must(_text(800))),
        _reply("link", text=_must(_text(800)), url=_must(_URL)),
        _reply(
            "reservationStatus",
            readyForCollection=_must(
                _one_of(
                    "immediately",
                    "sameDay",
                    "nextDay",
                    "nextDayAM",
                    "nextDayPM",
                    "unknown",
                    "notAvailable",
                )
            ),
        ),
        _reply(
            "pickupCodeHR", text=_ANY_TEXT, pickupCodeHR=_must(_text(8, pattern="[a-zA-Z0-9]+"))
        ),
        _reply("pickupCodeDMC", text=_ANY_TEXT, pickupCodeDMC=_must(_text(2000, shortest=8))),
        _reply(
            "deliveryStatus",
            text=_ANY_TEXT,
            deliveryStatus=_must(
                _one_of("preparedWaiting", "inTransport", "delivered", "incident")
            ),
            inTransportPosition=_may(_numbers("lat", "long")),
            inTransportETA=_may(_numbers("from", "to")),
        ),
        _reply(
            "paymentInfo",
            text=_ANY_TEXT,
            totalAmount=_must(_cents),
            paymentMethods=_must(_payment_methods),
        ),
    ),
}


def check_payload(kind: str, text: str, *, shipping: bool = True) -> None:
    """Refuse a payload of `kind` that fits no shape; raises Refused 400.

    Without `shipping` (flow 166) the medicine is fetched or brought by the pharmacy.
    """
    try:
        found = json.loads(text)
    except ValueError:
        raise Refused("message-json") from None
    if not isinstance(found, dict) or "version" not in found:
        raise _schema("version is required")
    version = found["version"]
    if not isinstance(version, int) or isinstance(version, bool):
        raise Refused("message-version-type")
    shapes = SHAPES.get((kind, version))
    if shapes is None:
        raise Refused("message-version", version=version)
    problems = [_problem(found, shape) for shape in shapes]
    if all(problems):
        raise _schema(str(min(problems, key=len)))
    if not shipping and found.get("supplyOptionsType") == "shipment":
        raise _schema("supplyOptionsType must be onPremise or delivery")


def _problem(found: Mapping[str, Any], shape: Shape) -> str:
    """Return the misfits; nothing when `found` has the shape."""
    missing = [name for name, (required, _) in shape.items() if required and name not in found]
    extra = [name for name in found if name not in shape]
    wrong = [name for name, value in found.items() if name in shape and not shape[name][1](value)]
    kinds = (("missing", missing), ("not allowed", extra), ("invalid", wrong))
    return "; ".join(f"{kind}: {', '.join(names)}" for kind, names in kinds if names)


def _schema(reason: str) -> Refused:
    return Refused("message-schema", reason=reason)
