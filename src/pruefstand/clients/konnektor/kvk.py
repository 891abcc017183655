"""Reading a KVK, the older insurance card of some payers (KVKService 4.0)."""

from __future__ import annotations

from pruefstand.clients.konnektor.client import KonnektorClient
from pruefstand.clients.konnektor.messages import context
from pruefstand.errors import SutError
from pruefstand.soap.envelope import SoapProblem, decode, element, text


def read_kvk(client: KonnektorClient, handle: str) -> bytes:
    """Return the data template of the KVK behind `handle`; raises KonnektorFault on refusal."""
    request = element("KVK:ReadKVK", element("KVK:KVKHandle", handle), context(client.context))
    value = text(client.call("KVKService", "4.0", request, card=handle).body, "KVK:KVK")
    try:
        return decode(value or "")
    except SoapProblem as problem:
        raise SutError("Konnektor beantwortet ReadKVK mit falschem base64") from problem
