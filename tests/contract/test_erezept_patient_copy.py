"""The insured person's copy: complete JSON, signed by the service."""

from __future__ import annotations

import base64
import json

import pytest
from lxml import etree

from mocks.erezept.patient_copy import attached, canonical, to_full_json
from pruefstand.clock import VirtualClock
from pruefstand.crypto import jws
from pruefstand.crypto.pki import Pki
from pruefstand.fhir.xml import safe_parse, to_xml
from tests.contract.erezept_bench import DAY, Bench
from tests.contract.fhir_examples import files, specs


@pytest.fixture(scope="module")
def bench() -> Bench:
    clock = VirtualClock.at_day(DAY)
    return Bench(Pki("erezept-copy", clock), clock)


def canonical_xml(data: bytes) -> bytes:
    root = safe_parse(data)
    for node in list(root.iter(etree.Comment)):
        parent = node.getparent()
        if parent is not None:
            parent.remove(node)
    for node in root.iter():
        node.text = node.tail = None
        # Some official files write prefixes or no namespace below the root.
        node.tag = etree.QName(node).localname
    etree.cleanup_namespaces(root)
    return etree.tostring(root, method="c14n")


@pytest.mark.parametrize("kind", ["pzn", "wirkstoff", "freitext", "rezeptur"])
def test_the_copy_holds_every_element_of_the_prescription(bench: Bench, kind: str) -> None:
    document = bench.document("160.000.123.456.789.37", kind=kind)
    assert canonical_xml(to_xml(to_full_json(safe_parse(document)))) == canonical_xml(document)


def test_the_services_signature_covers_the_copy(bench: Bench) -> None:
    task = bench.ready()
    answer = bench.send("insured", "GET", f"/Task/{task.prescription_id}")
    entries = [entry["resource"] for entry in json.loads(answer.body)["entry"]]
    assert [entry["resourceType"] for entry in entries] == ["Task", "Bundle"]
    copy = entries[1]
    token = base64.b64decode(copy["signature"]["data"]).decode()
    key = bench.pki.service("fd-sig").key.public_key()
    verified = jws.verify(attached(token, canonical(copy)), key, algorithms=("BP256R1",))
    assert jws.certificates_of(verified.header) == (bench.pki.service("fd-sig").der,)
    copy["identifier"]["value"] = "160.000.033.491.280.78"
    with pytest.raises(jws.JoseProblem):
        jws.verify(attached(token, canonical(copy)), key, algorithms=("BP256R1",))


def test_the_protocol_comes_along_when_asked_for(bench: Bench) -> None:
    task = bench.ready()
    target = f"/Task/{task.prescription_id}?_revinclude=AuditEvent:entity.what"
    entries = json.loads(bench.send("insured", "GET", target).body)["entry"]
    assert [entry["resource"]["resourceType"] for entry in entries][2:] == ["AuditEvent"]


def test_official_examples_lose_nothing() -> None:
    specs()
    found = files("valid", "KBV_PR_ERP_Bundle")
    assert len(found) > 30
    lost = [
        path.name
        for path in found
        if canonical_xml(to_xml(to_full_json(safe_parse(path.read_bytes()))))
        != canonical_xml(path.read_bytes())
    ]
    assert lost == []
