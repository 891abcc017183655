"""Consent: an insured person agrees to have billing data stored, or to redeem abroad."""

from __future__ import annotations

from mocks.erezept import resources
from mocks.erezept.charge_rules import forget_charge_item
from mocks.erezept.errors import Refused
from mocks.erezept.parameters import body_root
from mocks.erezept.records import Consent
from mocks.erezept.search import Search
from mocks.erezept.service import Answer, Call, Service
from mocks.erezept.state import Resource
from pruefstand.fhir.plain import to_json
from pruefstand.fhir.xpath import text_of

CHARGING = "CHARGCONS"
ABROAD = "EUDISPCONS"
CATEGORIES = frozenset({CHARGING, ABROAD})
_KVNR = text_of(
    f"/f:Consent/f:patient/f:identifier[f:system/@value='{resources.KVID}']/f:value/@value"
)
_CATEGORY = text_of("/f:Consent/f:category/f:coding/f:code/@value")
_STATUS = text_of("/f:Consent/f:status/@value")
_SEARCH: Search[Consent] = Search(
    dates={}, tokens={"category": lambda consent: (consent.category,)}
)


def give_consent(service: Service, call: Call) -> Answer:
    """Store a consent of the caller, one per category; raises Refused 400, 403 or 409."""
    root = body_root(call.request)
    category = _CATEGORY(root)
    if category not in CATEGORIES or _STATUS(root) != "active":
        raise Refused("consent-invalid", diagnostics=f"Consent.category: error: {category!r}")
    kvnr = call.caller.id_number
    if _KVNR(root) != kvnr:
        raise Refused("consent-kvnr")
    name = f"{category}-{kvnr}"
    consent = Consent(kvnr, category, _named(to_json(root), name))
    if not service.records.consents.add(name, consent):
        raise Refused("consent-exists", category=category)
    return Answer(201, consent.resource, insured=kvnr)


def search_consents(service: Service, call: Call) -> Answer:
    """List the caller's consents."""
    found = _SEARCH.select(service.records.consents.find(call.caller.id_number), call.request.query)
    base = f"{service.ctx.base_url}/Consent"
    matches = [(f"{base}/{item.resource['id']}", item.resource) for item in found]
    links = [("self", f"{base}/")]
    return Answer(200, resources.searchset(links, matches, total=len(matches)))


def withdraw_consent(service: Service, call: Call) -> Answer:
    """Forget a consent and what was stored because of it; raises Refused 400, 404 or 405."""
    category = call.request.query.get("category")
    if not category:
        raise Refused("consent-no-category")
    if category not in CATEGORIES:
        raise Refused("consent-category", category=category)
    kvnr, records = call.caller.id_number, service.records
    name = f"{category}-{kvnr}"
    with records.store.atomic():
        if records.consents.get(name) is None:
            raise Refused("consent-none")
        records.consents.remove(name)
        if category == ABROAD:
            records.eu_permissions.remove(kvnr)
        for item in records.charge_items.find(kvnr) if category == CHARGING else ():
            forget_charge_item(records, item)
    return Answer(204, insured=kvnr)


def has_consent(service: Service, kvnr: str, category: str = CHARGING) -> Resource | None:
    """Return the consent of an insured person."""
    found = service.records.consents.get(f"{category}-{kvnr}")
    return found.resource if found else None


def _named(resource: Resource, name: str) -> Resource:
    kind = resource.pop("resourceType")
    return {"resourceType": kind, "id": name, **{k: v for k, v in resource.items() if k != "id"}}
