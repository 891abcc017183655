"""An independent SOAP client, driven by the official WSDLs, uses every operation over TLS."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import requests
import zeep
from zeep.exceptions import Fault

from pruefstand.clock import VirtualClock
from pruefstand.crypto import cms_qes
from pruefstand.mockkit.world import MockWorld
from tests.contract.konnektor_bench import NOON, USER

HBA, SMCB, EGK, KVK = "HBA-1", "SMC-B-1", "EGK-1", "KVK-1"
CARDS = [
    {"type": "HBA", "handle": HBA, "slot": 1, "crypt": "RSA+ECC"},
    {"type": "SMC-B", "handle": SMCB, "slot": 2, "crypt": "RSA+ECC"},
    {"type": "EGK", "handle": EGK, "slot": 3, "kvnr": "X110411675"},
    {"type": "KVK", "handle": KVK, "slot": 4},
]
WSDLS = (
    "AuthSignatureService.wsdl",
    "AuthSignatureService_v7_4_1.wsdl",
    "CardService.wsdl",
    "CardService_v8_1_1.wsdl",
    "CardService_v8_1_2.wsdl",
    "CardTerminalService.wsdl",
    "CertificateService.wsdl",
    "CertificateService_v6_0_1.wsdl",
    "EncryptionService.wsdl",
    "EncryptionService_v6_1_1.wsdl",
    "EventService.wsdl",
    "SignatureService.wsdl",
    "SignatureService_V7_4_2.wsdl",
    "SignatureService_V7_5_5.wsdl",
    "SignatureService_V7_5_6.wsdl",
    "vsds/KvkService.wsdl",
    "vsds/VSDService.wsdl",
)
NOT_OFFERED = {"AuthorizeSMC"}
"""In the WSDL of CardService 8.1.0 alone; no product in the field is known to offer it."""

CONTEXT = {"MandantId": "M1", "ClientSystemId": "CS1", "WorkplaceId": "WP1", "UserId": USER}
DOCUMENT = b'<Bundle xmlns="http://hl7.org/fhir"/>'
CMS = "urn:ietf:rfc:5652"


class Offline(zeep.Transport):
    """Reads WSDL and XSD from the folder alone; what lies elsewhere is a defect."""

    def load(self, url: str) -> bytes:
        assert not url.startswith("http"), url
        return super().load(url)


@pytest.fixture(scope="module")
def folder() -> Path:
    root = os.environ.get("PRUEFSTAND_SPECS")
    if not root or not (Path(root) / "soap/conn").is_dir():
        pytest.skip("PRUEFSTAND_SPECS is not set: official WSDLs are not at hand")
    return Path(root) / "soap/conn"


@pytest.fixture(scope="module")
def world(folder: Path) -> Iterator[MockWorld]:
    settings = {"konnektor": {"cards": CARDS, "comfort_signature": True}}
    with MockWorld(seed="zeep", clock=VirtualClock(NOON), settings=settings) as running:
        running.start()
        yield running


@pytest.fixture(scope="module")
def session(world: MockWorld, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    anchor = tmp_path_factory.mktemp("tls") / "ca.pem"
    anchor.write_text(world.tls_ca_pem)
    with requests.Session() as opened:
        opened.verify = str(anchor)
        # A CA bundle in the environment would win over the one given here.
        opened.trust_env = False
        yield opened


class Caller:
    """One service of one WSDL: `do` calls an operation and remembers that it was called."""

    def __init__(self, wsdl: Path, session: Any, address: str) -> None:
        settings = zeep.Settings(forbid_entities=False, xsd_ignore_sequence_order=False)
        self.client = zeep.Client(str(wsdl), transport=Offline(session=session), settings=settings)
        (binding,) = self.client.wsdl.bindings
        self.operations = set(self.client.wsdl.bindings[binding]._operations)
        self._service = self.client.create_service(binding, f"{address}/any/path")
        self.called: set[str] = set()

    def do(self, operation: str, **content: Any) -> Any:
        result = getattr(self._service, operation)(**content)
        self.called.add(operation)
        return result

    def knows(self, operation: str, parameter: str) -> bool:
        """Whether this version's `operation` has `parameter`."""
        (binding,) = self.client.wsdl.bindings.values()
        return f"{parameter}: " in binding._operations[operation].input.signature()

    def code(self, operation: str, **content: Any) -> int:
        """Return the code of the typed fault that the call ends with."""
        with pytest.raises(Fault) as caught:
            getattr(self._service, operation)(**content)
        error = self.client.wsdl.types.deserialize(caught.value.detail[0])
        assert caught.value.message == error.Trace[-1].ErrorText
        return int(error.Trace[-1].Code)


def reset(world: MockWorld) -> None:
    world.operate("konnektor", "POST", "/reset")


def cards(caller: Caller) -> None:
    about = {"Context": CONTEXT, "CardHandle": SMCB, "PinTyp": "PIN.SMC"}
    assert caller.do("GetPinStatus", **about).PinStatus == "VERIFIABLE"
    assert caller.do("VerifyPin", **about).PinResult == "OK"
    assert caller.do("ChangePin", **about).PinResult == "OK"
    assert caller.do("UnblockPin", **about, SetNewPin=True).PinResult == "OK"
    assert caller.do("GetPinStatus", **about).PinStatus == "VERIFIED"
    assert caller.code("VerifyPin", **{**about, "PinTyp": "PIN.CH"}) == 4072
    if "EnablePin" in caller.operations:
        voluntary = {"Context": CONTEXT, "CardHandle": EGK, "PinTyp": "MRPIN.NFD"}
        assert caller.do("DisablePin", **voluntary).PinResult == "OK"
        assert caller.do("EnablePin", **voluntary).PinResult == "OK"
        assert caller.code("EnablePin", **about) == 4209


def events(caller: Caller) -> None:
    found = caller.do("GetCards", Context=CONTEXT)
    assert {card.CardHandle for card in found.Cards.Card} == {HBA, SMCB, EGK, KVK}
    listed = caller.do("GetCardTerminals", Context=CONTEXT, **{"mandant-wide": True})
    assert listed.CardTerminals.CardTerminal[0].CtId == "KT-1"
    own = caller.do("GetResourceInformation", Context=CONTEXT)
    assert own.Connector.VPNTIStatus.ConnectionStatus == "Online"
    wish = {"EventTo": "cetp://127.0.0.1:9", "Topic": "CARD"}
    held = caller.do("Subscribe", Context=CONTEXT, Subscription=wish).SubscriptionID
    assert caller.do("GetSubscription", Context=CONTEXT).Subscriptions.Subscription
    renewed = caller.do("RenewSubscriptions", Context=CONTEXT, SubscriptionID=[held])
    assert renewed.SubscribeRenewals.SubscriptionRenewal[0].SubscriptionID == held
    assert caller.do("Unsubscribe", Context=CONTEXT, SubscriptionID=held).Result == "OK"
    assert caller.code("Unsubscribe", Context=CONTEXT, SubscriptionID=held) == 4102
    assert caller.code("GetCards", Context={**CONTEXT, "MandantId": "M9"}) == 4021


def slots(caller: Caller) -> None:
    place = {"CtId": "KT-1", "SlotId": 3}
    assert caller.do("RequestCard", Context=CONTEXT, Slot=place, CardType="EGK").AlreadyInserted
    assert caller.do("EjectCard", Context=CONTEXT, CardHandle=EGK).Result == "OK"
    assert caller.code("EjectCard", Context=CONTEXT, CardHandle=EGK) == 4101


def certificates(caller: Caller) -> None:
    about = {"CardHandle": HBA, "Context": CONTEXT, "CertRefList": {"CertRef": ["C.AUT", "C.SIG"]}}
    # Version 6.0.0 knows no other key than RSA.
    if caller.knows("ReadCardCertificate", "Crypt"):
        about["Crypt"] = "ECC"
    read = caller.do("ReadCardCertificate", **about)
    first = read.X509DataInfoList.X509DataInfo[0]
    der = first.X509Data.X509Certificate
    judged = caller.do("VerifyCertificate", Context=CONTEXT, X509Certificate=der)
    assert judged.VerificationStatus.VerificationResult == "VALID"
    assert judged.RoleList.Role
    listed = caller.do("CheckCertificateExpiration", CardHandle=SMCB, Context=CONTEXT)
    assert listed.CertificateExpiration[0].CardHandle == SMCB
    assert caller.code("ReadCardCertificate", **{**about, "CardHandle": EGK}) == 4090


def encryption(caller: Caller) -> None:
    keys = {"CertificateOnCard": {"CardHandle": SMCB}}
    document = {"Base64Data": {"_value_1": DOCUMENT, "MimeType": "text/plain; charset=utf-8"}}
    sealed = caller.do("EncryptDocument", Context=CONTEXT, RecipientKeys=keys, Document=document)
    held = {"Base64Data": {"_value_1": sealed.Document.Base64Data._value_1}}
    about = {"Context": CONTEXT, "PrivateKeyOnCard": {"CardHandle": SMCB}, "Document": held}
    assert caller.code("DecryptDocument", **about) == 4085
    _unlock(caller)
    opened = caller.do("DecryptDocument", **about)
    assert opened.Document.Base64Data._value_1 == DOCUMENT


def authentication(caller: Caller) -> None:
    data = {"_value_1": hashlib.sha256(b"x").digest(), "MimeType": "application/octet-stream"}
    about = {"CardHandle": SMCB, "Context": CONTEXT, "BinaryString": {"Base64Data": data}}
    inputs = {"SignatureType": "urn:bsi:tr:03111:ecdsa"}
    assert caller.code("ExternalAuthenticate", **about, OptionalInputs=inputs) == 4085
    _unlock(caller)
    signed = caller.do("ExternalAuthenticate", **about, OptionalInputs=inputs)
    assert signed.SignatureObject.Base64Signature._value_1


def signatures(caller: Caller) -> None:
    job = caller.do("GetJobNumber", Context=CONTEXT)
    signed = _sign(caller, job)
    assert cms_qes.verify(signed).content == DOCUMENT
    held = {"Base64Signature": {"_value_1": signed, "Type": CMS}}
    judged = caller.do(
        "VerifyDocument", Context=CONTEXT, SignatureObject=held, IncludeRevocationInfo=False
    )
    assert judged.VerificationResult.HighLevelResult == "VALID"
    assert caller.code("StopSignature", Context=CONTEXT, JobNumber=job) == 4243
    caller.called.add("StopSignature")
    with pytest.raises(AssertionError, match="4252"):
        _sign(caller, job)
    if "ActivateComfortSignature" in caller.operations:
        comfort(caller)


def comfort(caller: Caller) -> None:
    about = {"CardHandle": HBA, "Context": CONTEXT}
    assert caller.do("ActivateComfortSignature", **about).SignatureMode == "COMFORT"
    assert caller.do("GetSignatureMode", **about).SessionInfo.CountRemaining == 100
    assert caller.do("DeactivateComfortSignature", CardHandle=[HBA]).Result == "OK"
    assert caller.code("ActivateComfortSignature", **about) == 4270


def _sign(caller: Caller, job: str) -> bytes:
    data = {"_value_1": DOCUMENT, "MimeType": "text/plain; charset=utf-8"}
    inputs = {"SignatureType": CMS, "IncludeEContent": True}
    request = {
        "RequestID": "r1",
        "OptionalInputs": inputs,
        "Document": {"Base64Data": data, "ID": "d1", "ShortText": "E-Rezept"},
        "IncludeRevocationInfo": True,
    }
    about = {"CardHandle": HBA, "Context": CONTEXT, "TvMode": "NONE", "JobNumber": job}
    if caller.knows("SignDocument", "Crypt"):
        about["Crypt"] = "ECC"
    try:
        answer = caller.do("SignDocument", **about, SignRequest=[request])
    except Fault as fault:
        error = caller.client.wsdl.types.deserialize(fault.detail[0])
        raise AssertionError(str(error.Trace[-1].Code)) from fault
    signature: bytes = answer[0].SignatureObject.Base64Signature._value_1
    return signature


def kvk(caller: Caller) -> None:
    assert caller.do("ReadKVK", KVKHandle=KVK, Context=CONTEXT)
    assert caller.code("ReadKVK", KVKHandle=EGK, Context=CONTEXT) == 4051


def vsd(caller: Caller) -> None:
    about = {
        "EhcHandle": EGK,
        "HpcHandle": SMCB,
        "PerformOnlineCheck": True,
        "ReadOnlineReceipt": True,
        "Context": CONTEXT,
    }
    assert caller.code("ReadVSD", **about) == 3041
    _unlock(caller)
    read = caller.do("ReadVSD", **about)
    assert read.PersoenlicheVersichertendaten[:2] == b"\x1f\x8b"
    assert read.Pruefungsnachweis[:2] == b"\x1f\x8b"


UNLOCK: list[Callable[[], None]] = []


def _unlock(_: Caller) -> None:
    UNLOCK[-1]()


RUNS: Mapping[str, Callable[[Caller], None]] = {
    "AuthSignatureService": authentication,
    "CardService": cards,
    "CardTerminalService": slots,
    "CertificateService": certificates,
    "EncryptionService": encryption,
    "EventService": events,
    "SignatureService": signatures,
    "KvkService": kvk,
    "VSDService": vsd,
}


@pytest.mark.parametrize("name", WSDLS)
def test_official_wsdl_drives_every_operation(
    name: str, folder: Path, world: MockWorld, session: Any
) -> None:
    reset(world)
    address = world.base_url("konnektor")
    card_service = folder / "CardService_v8_1_2.wsdl"

    def unlock() -> None:
        pins = Caller(card_service, session, address)
        pins.do("VerifyPin", Context=CONTEXT, CardHandle=SMCB, PinTyp="PIN.SMC")

    UNLOCK.append(unlock)
    caller = Caller(folder / name, session, address)
    RUNS[Path(name).stem.partition("_")[0]](caller)
    assert caller.operations - caller.called == NOT_OFFERED & caller.operations


def test_official_folder_holds_no_wsdl_that_is_not_driven(folder: Path) -> None:
    found = {str(path.relative_to(folder)) for path in folder.glob("*.wsdl")}
    found |= {f"vsds/{path.name}" for path in (folder / "vsds").glob("*.wsdl")}
    assert found == set(WSDLS)
