"""I_Directory_Application_Maintenance: what a KIM mail service writes into an entry.

The whole list of addresses is written each time; client certificates authenticate the service.
"""

from __future__ import annotations

import json
from functools import partial

from mocks.vzd.state import Directory, DirectoryEntry, MailData
from pruefstand.kim.address import is_kim_address
from pruefstand.mockkit import Route
from pruefstand.model.http import Request, Response

VERSIONS = ("1.0", "1.5", "1.5+", "2.0")
_SOURCE = "I_Directory_Application_Maintenance 1.4.9"
_PATH = "/DirectoryEntries/{telematik_id}/KOM-LE_Fachdaten"


def routes(directory: Directory) -> list[Route]:
    """Return the routes of the interface."""
    show, write = partial(_show, directory), partial(_write, directory)
    return [
        Route("GET", _PATH, "getKOMLEFachdaten", show, _SOURCE),
        Route("PUT", _PATH, "modifyKOMLEFachdaten", write, _SOURCE),
        Route("POST", _PATH, "addKOMLEFachdaten", write, _SOURCE),
    ]


def _show(directory: Directory, request: Request, telematik_id: str) -> Response:
    entry = directory.entry(telematik_id)
    if request.client_certificate is None:
        return _answer(401, {})
    return _answer(404, {}) if entry is None else _answer(200, _mails(entry))


def _write(directory: Directory, request: Request, telematik_id: str) -> Response:
    if request.client_certificate is None:
        return _answer(401, {})
    entry = directory.entry(telematik_id)
    if entry is None:
        return _answer(404, {})
    if not entry.active:
        return _answer(423, _problem("active", "entry is locked"))
    try:
        listed = json.loads(request.body)["komLeData"]
        mails = [MailData(str(item["mail"]), str(item["version"])) for item in listed]
    except (ValueError, KeyError, TypeError):
        return _answer(400, _problem("komLeData", "not readable"))
    bad = next((mail for mail in mails if mail.version not in VERSIONS), None)
    if bad is not None:
        return _answer(400, _problem("komLeData", f"version {bad.version} is unknown"))
    if not all(is_kim_address(mail.address) for mail in mails):
        return _answer(400, _problem("mail", "no KIM address"))
    for mail in mails:
        if directory.owner_of(mail.address) not in (None, telematik_id):
            return _answer(422, _problem("mail", f"{mail.address} stands in another entry"))
    directory.set_mails(telematik_id, mails)
    return _answer(201 if request.method == "POST" else 200, _mails(directory.entry(telematik_id)))


def _mails(entry: DirectoryEntry | None) -> dict[str, object]:
    mails = entry.mails if entry else ()
    return {"komLeData": [{"mail": mail.address, "version": mail.version} for mail in mails]}


def _problem(name: str, text: str) -> dict[str, object]:
    return {"attributeName": name, "attributeError": text}


def _answer(status: int, body: dict[str, object]) -> Response:
    headers = (("Content-Type", "application/json; charset=utf-8"),)
    return Response(status, headers, json.dumps(body).encode())
