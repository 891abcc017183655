"""The check of uploads by KBV's profiles, on an official document and on what it must find."""

from __future__ import annotations

import re

import pytest

from pruefstand.checks.profiles import uploaded_bundles_conform_to_their_profile
from pruefstand.crypto.cms_qes import QesSigner
from pruefstand.fhir.packages.library import MissingPackage
from pruefstand.model.exchange import Exchange
from tests.contract.fhir_examples import files, specs
from tests.unit.synthetic_traffic import ID, NOON, PKI, Traffic, binary, in_vau, xml

STATUS = re.compile(rb'<status value="active"\s*/>')


def upload(document: bytes, *, status: int = 200, spoiled: bool = False) -> Exchange:
    signed = QesSigner(PKI.hba().qes).sign(document, at=NOON, ocsp=None)
    if spoiled:
        signed = STATUS.sub(lambda found: found.group().swapcase(), signed)
    body = xml("Parameters", binary("application/pkcs7-mime", signed))
    return in_vau("Task/$activate", f"POST /Task/{ID}/$activate", status, body)


def holds(*uploads: Exchange) -> bool:
    channel = [item for item in Traffic().exchanges() if item.id == "vau"]
    return uploaded_bundles_conform_to_their_profile.judge([*channel, *uploads]).holds


def test_an_official_prescription_conforms_and_a_spoiled_one_does_not() -> None:
    specs()
    good = files("valid", "KBV_PR_ERP_Bundle")[0].read_bytes()
    start = good.index(b"<MedicationRequest")
    bad = good[:start] + STATUS.sub(b"", good[start:], count=1)
    assert len(bad) < len(good)
    assert holds(upload(good))
    assert not holds(upload(bad))
    assert not holds(upload(good), upload(bad))
    assert not holds(upload(good, spoiled=True))
    assert not holds(upload(good, status=400))
    assert not holds()


def test_without_packages_nothing_is_decided(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PRUEFSTAND_SPECS", str(tmp_path_factory.mktemp("empty") / "none"))
    with pytest.raises(MissingPackage):
        holds(upload(b"<Bundle/>"))
