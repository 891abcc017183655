"""I_AccountManager_Service 2.4.0: accounts are registered, changed, ported and given up."""

from __future__ import annotations

import base64
import binascii
import re
from datetime import datetime, timedelta

from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    KeySerializationEncryption,
    NoEncryption,
)
from cryptography.hazmat.primitives.serialization.pkcs12 import serialize_key_and_certificates

from mocks.kim_fachdienst import directory_link
from mocks.kim_fachdienst.account_limit import PASSWORD_POLICY
from mocks.kim_fachdienst.answer import Refusal, answer, json_body
from mocks.kim_fachdienst.state import Absence, Account, MailService
from mocks.kim_fachdienst.token import token_owner
from pruefstand.kim.address import is_kim_address, same_address
from pruefstand.model.http import Request, Response

VERSIONS = ("1.0", "1.5", "1.5+")
ONE_TIME_PASSWORD_DAYS = 7
REVOCABLE_DAYS = 30
MAX_MESSAGE = 2048
_DONE = Response(204)


def register(service: MailService, request: Request) -> Response:
    """Register an account for the institution whose card signed."""
    owner = token_owner(service, request)
    _decoded(request, "iniPassword")
    body = json_body(request)
    address, password = str(body.get("username", "")), str(body.get("password", ""))
    if not is_kim_address(address) or not _fits_policy(password):
        raise Refusal(420, "username or password do not comply with the rules")
    if service.account(address) is not None:
        raise Refusal(409, "address already taken")
    account = Account(address.lower(), _plain(password), owner)
    account.reference_id = str(body.get("referenceID", ""))
    _change(account, body)
    directory_link.publish(service, [account], owner)
    with service.lock:
        service.accounts[account.address] = account
    return _DONE


def show(service: MailService, request: Request, username: str) -> Response:
    """Answer with an account."""
    account = _own(service, request, username)
    gone = account.deregistered
    fields: dict[str, object] = {
        "referenceID": account.reference_id,
        "username": account.address,
        "kimVersion": account.kim_version,
        "regStat": "registered" if gone is None else "deregistered",
        "dataTimeToLive": account.days_to_live,
        "maxMailSize": service.max_mail_size,
        "noVzdMailEntry": not account.listed,
    }
    if gone is not None:
        fields["deregDate"] = int(gone.timestamp())
    return answer(fields)


def change(service: MailService, request: Request, username: str) -> Response:
    """Change password, version, time to live or directory entry."""
    account = _own(service, request, username)
    body = json_body(request)
    if not same_address(str(body.get("username", username)), username):
        raise Refusal(400, "username cannot be changed")
    if "password" in body and not _fits_policy(str(body["password"])):
        raise Refusal(420, "password does not comply with the rules")
    _change(account, body)
    if "password" in body:
        account.password = _plain(str(body["password"]))
    directory_link.publish(service, [], account.telematik_id)
    return _DONE


def deregister(service: MailService, request: Request, username: str) -> Response:
    """Give an account up; for 30 days this can be taken back."""
    account = _own(service, request, username)
    account.deregistered = service.ctx.clock.now() + timedelta(days=REVOCABLE_DAYS)
    directory_link.publish(service, [], account.telematik_id)
    return _DONE


def revoke_deregistration(service: MailService, request: Request, username: str) -> Response:
    """Take the deregistration back."""
    account = _own(service, request, username)
    if account.deregistered is None:
        raise Refusal(403, "account has not been deregistered")
    account.deregistered = None
    directory_link.publish(service, [], account.telematik_id)
    return _DONE


def show_one_time_password(service: MailService, request: Request, username: str) -> Response:
    """Answer with a password for porting; an older one is void from now on."""
    account = _own(service, request, username)
    word = service.ctx.rng.token_hex(12)
    until = service.ctx.clock.now() + timedelta(days=ONE_TIME_PASSWORD_DAYS)
    account.one_time_password = (word, until)
    return answer({"otp": base64.b64encode(word.encode()).decode()})


def port(service: MailService, request: Request, username: str) -> Response:
    """Move an address to the institution whose card signed; the one-time password proves it."""
    owner = token_owner(service, request)
    account = _account(service, username)
    _check_password(account, request)
    word, until = account.one_time_password or ("", service.ctx.clock.now())
    if not word or _decoded(request, "otp") != word:
        raise Refusal(403, "invalid OTP")
    if until < service.ctx.clock.now():
        raise Refusal(408, "OTP has expired")
    former, account.telematik_id, account.one_time_password = account.telematik_id, owner, None
    directory_link.publish(service, [], former)
    directory_link.publish(service, [], owner)
    return _DONE


def create_certificate(service: MailService, request: Request, username: str) -> Response:
    """Answer with key and certificate of a client module as PKCS#12."""
    _own(service, request, username)
    body = json_body(request)
    name = body.get("commonName")
    if not isinstance(name, str) or not name:
        raise Refusal(400, "commonName is missing")
    identity = service.ctx.pki.tls_client(f"{name}#CM")
    secret = _plain(str(body["certPassword"])) if body.get("certPassword") else ""
    protection: KeySerializationEncryption = NoEncryption()
    if secret:
        protection = BestAvailableEncryption(secret.encode())
    container = serialize_key_and_certificates(
        name.encode(), identity.key, identity.certificate, None, protection
    )
    return answer({"file": base64.b64encode(container).decode()})


def show_absence(service: MailService, request: Request, username: str) -> Response:
    """Answer with the absence note; before the first one only `active` is known."""
    note = _own(service, request, username).absence
    if note is None:
        return answer({"active": False})
    return answer(
        {
            "startDate": _stamp(note.start),
            "endDate": _stamp(note.end),
            "message": note.message,
            "active": note.active,
        }
    )


def change_absence(service: MailService, request: Request, username: str) -> Response:
    """Set the absence note: the first time, and whenever it becomes active, with all fields."""
    account = _own(service, request, username)
    body = json_body(request)
    active = bool(body.get("active", False))
    complete = {"startDate", "endDate", "message"} <= body.keys()
    if not complete and (active or account.absence is None):
        raise Refusal(400, "startDate, endDate and message are needed")
    old = account.absence
    start = _date(body.get("startDate"), old.start if old else None)
    end = _date(body.get("endDate"), old.end if old else None)
    message = str(body.get("message", old.message if old else ""))
    if end < start or len(message) > MAX_MESSAGE:
        raise Refusal(400, "endDate lies before startDate, or message is too long")
    account.absence = Absence(start, end, message, active)
    return _DONE


def _account(service: MailService, username: str) -> Account:
    account = service.account(username)
    if account is None:
        raise Refusal(404, "account not available")
    return account


def _own(service: MailService, request: Request, username: str) -> Account:
    owner = token_owner(service, request)
    account = _account(service, username)
    _check_password(account, request)
    if account.telematik_id != owner:
        raise Refusal(401, "the card is not the owner's")
    return account


def _check_password(account: Account, request: Request) -> None:
    if _decoded(request, "password") != account.password:
        raise Refusal(401, "authentication failed")


def _decoded(request: Request, name: str) -> str:
    value = request.header(name)
    if value is None:
        raise Refusal(400, f"header {name} is missing")
    return _plain(value)


def _plain(value: str) -> str:
    try:
        return base64.b64decode(value, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError) as problem:
        raise Refusal(400, "a password is not base64") from problem


def _fits_policy(encoded: str) -> bool:
    return re.fullmatch(PASSWORD_POLICY, _plain(encoded)) is not None


def _change(account: Account, body: dict[str, object]) -> None:
    version = body.get("kimVersion", account.kim_version)
    days = body.get("dataTimeToLive", account.days_to_live)
    if version not in VERSIONS:
        raise Refusal(422, "kimVersion not supported or unknown")
    if not isinstance(days, int) or isinstance(days, bool) or not 10 <= days <= 365:
        raise Refusal(400, "dataTimeToLive lies outside 10 to 365")
    account.kim_version, account.days_to_live = str(version), days
    account.listed = not body.get("noVzdMailEntry", not account.listed)


def _date(value: object, otherwise: datetime | None) -> datetime:
    if value is None and otherwise is not None:
        return otherwise
    try:
        found = datetime.fromisoformat(str(value))
    except ValueError as problem:
        raise Refusal(400, f"{value!r} is no date and time") from problem
    if found.tzinfo is None:
        raise Refusal(400, f"{value!r} names no time zone")
    return found


def _stamp(instant: datetime) -> str:
    return f"{instant:%Y-%m-%dT%H:%M:%S}{instant:%z}"[:22] + ":00"
