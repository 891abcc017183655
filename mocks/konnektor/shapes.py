"""What each operation's request looks like: order and number of children (WSDL of each service).

A shape is a line of child names with `?`, `+` or `*`, and `|` between choices; it becomes a regular
expression over the names that a request really holds, so that a wrong order, a missing and an
unknown child all show.
"""

from __future__ import annotations

import re

from mocks.konnektor.errors import KonnektorError
from pruefstand.soap.envelope import Element
from pruefstand.soap.namespaces import prefixed

_SIGN = "CONN:CardHandle {p}:Crypt? CCTX:Context {p}:TvMode {p}:JobNumber {p}:SignRequest+"
_SIGN_REQUEST = "{p}:OptionalInputs? {p}:Document {p}:IncludeRevocationInfo"
_EXTERNAL = "CONN:CardHandle CCTX:Context {p}:OptionalInputs? {p}:BinaryString"
_VERIFY = (
    "CCTX:Context {p}:TvMode? {p}:OptionalInputs? {p}:Document? dss:SignatureObject?"
    " {p}:IncludeRevocationInfo"
)

_SHAPES = {
    "CCTX:Context": "CONN:MandantId CONN:ClientSystemId CONN:WorkplaceId CONN:UserId?",
    "EVT:GetCards": "CCTX:Context CARDCMN:CtId? CARDCMN:SlotId? CARDCMN:CardType?",
    "EVT:GetCardTerminals": "CCTX:Context",
    "EVT:GetResourceInformation": (
        "CCTX:Context CARDCMN:CtId? CARDCMN:SlotId? CARDCMN:Iccsn? CONN:CardHandle?"
    ),
    "EVT:Subscribe": "CCTX:Context EVT:Subscription",
    "EVT:Subscription": (
        "EVT:SubscriptionID? EVT:TerminationTime? EVT:EventTo EVT:Topic EVT:Filter?"
    ),
    "EVT:Unsubscribe": "CCTX:Context EVT:SubscriptionID|EVT:EventTo",
    "EVT:RenewSubscriptions": "CCTX:Context EVT:SubscriptionID+",
    "EVT:GetSubscription": "CCTX:Context EVT:SubscriptionID?",
    "CARD:GetPinStatus": "CCTX:Context CONN:CardHandle CARDCMN:PinTyp",
    "CARD:VerifyPin": "CCTX:Context CONN:CardHandle CARDCMN:PinTyp",
    "CARD:ChangePin": "CCTX:Context CONN:CardHandle CARDCMN:PinTyp",
    "CARD:UnblockPin": "CCTX:Context CONN:CardHandle CARDCMN:PinTyp CARD:SetNewPin?",
    "CARD:EnablePin": "CCTX:Context CONN:CardHandle CARDCMN:PinTyp",
    "CARD:DisablePin": "CCTX:Context CONN:CardHandle CARDCMN:PinTyp",
    "CRYPT:EncryptDocument": (
        "CCTX:Context CRYPT:RecipientKeys CONN:Document CRYPT:OptionalInputs?"
    ),
    "CRYPT:RecipientKeys": "CRYPT:CertificateOnCard? CRYPT:Certificate*",
    "CRYPT:DecryptDocument": (
        "CCTX:Context CRYPT:PrivateKeyOnCard CONN:Document CRYPT:OptionalInputs?"
    ),
    "CRYPT:CertificateOnCard": "CONN:CardHandle CRYPT:KeyReference? CRYPT:Crypt?",
    "CRYPT:PrivateKeyOnCard": "CONN:CardHandle CRYPT:KeyReference? CRYPT:Crypt?",
    "KVK:ReadKVK": "KVK:KVKHandle CCTX:Context",
    "CT:RequestCard": "CCTX:Context CT:Slot CARDCMN:CardType? CT:DisplayMsg? CT:TimeOut?",
    "CT:EjectCard": "CCTX:Context CONN:CardHandle|CT:Slot CT:DisplayMsg? CT:TimeOut?",
    "CT:Slot": "CARDCMN:CtId CARDCMN:SlotId",
    "VSD:ReadVSD": (
        "VSD:EhcHandle VSD:HpcHandle VSD:PerformOnlineCheck VSD:ReadOnlineReceipt CCTX:Context"
    ),
    "CERT:ReadCardCertificate": "CONN:CardHandle CCTX:Context CERT:CertRefList CERT:Crypt?",
    "CERT:CertRefList": "CERT:CertRef+",
    "CERT:CheckCertificateExpiration": "CONN:CardHandle? CCTX:Context CERT:Crypt?",
    "CERT:VerifyCertificate": "CCTX:Context CERTCMN:X509Certificate CERT:VerificationTime?",
    "SIG:ActivateComfortSignature": "CONN:CardHandle CCTX:Context",
    "SIG:DeactivateComfortSignature": "CONN:CardHandle+",
    "SIG:GetSignatureMode": "CONN:CardHandle CCTX:Context",
    **{
        f"{p}:{name}": line.format(p=p)
        for p in ("SIG", "SIG74")
        for name, line in (
            ("GetJobNumber", "CCTX:Context"),
            ("VerifyDocument", _VERIFY),
            ("StopSignature", "CCTX:Context {p}:JobNumber"),
            ("SignDocument", _SIGN),
            ("SignRequest", _SIGN_REQUEST),
            ("ExternalAuthenticate", _EXTERNAL),
        )
    },
}


def _pattern(line: str) -> re.Pattern[str]:
    parts = (re.fullmatch(r"([\w:|]+)([?+*]?)", word) for word in line.split())
    return re.compile("".join(f"(?:(?:{part[1]}) ){part[2]}" for part in parts if part))


_PATTERNS = {name: _pattern(line) for name, line in _SHAPES.items()}


def check_shape(node: Element) -> None:
    """Refuse `node` with 4000 unless it and the parts below it are built as its schema says."""
    for part in node.iter("*"):
        name = prefixed(str(part.tag))
        pattern = _PATTERNS.get(name)
        if pattern is None:
            continue
        held = "".join([f"{prefixed(str(inner.tag))} " for inner in part])
        if not pattern.fullmatch(held):
            raise KonnektorError(
                4000,
                f"{name}: erwartet {_SHAPES[name]}, erhalten {held.strip() or 'nichts'}",
                faultcode="Client",
            )
