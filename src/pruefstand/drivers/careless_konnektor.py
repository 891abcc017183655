"""A client of the Konnektor that can be careless: in its calls, in their octets, after a refusal.

The tables say what goes wrong and where; the names stand in `carelessness_konnektor`.
"""

from __future__ import annotations

import gzip
import re
import threading
import zlib
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext, suppress
from copy import deepcopy
from dataclasses import replace
from enum import Enum, auto
from urllib.parse import urlsplit

from pruefstand.clients.konnektor import KonnektorClient, KonnektorContext, KonnektorFault
from pruefstand.clients.konnektor.channel import Reply
from pruefstand.clients.konnektor.forms import CMS, MIME_TYPE
from pruefstand.drivers import carelessness_konnektor as named
from pruefstand.drivers.slips import Placing, Slip, carried_out, spoiled
from pruefstand.errors import PruefstandError, ServiceRefusal
from pruefstand.flows.zertifikate_pruefen import IDP, VAU
from pruefstand.model.fault import FaultSet
from pruefstand.model.http import Request
from pruefstand.soap.envelope import (
    Element,
    SoapProblem,
    child,
    children,
    decode,
    element,
    encode,
    text,
)
from pruefstand.soap.namespaces import NAMESPACES, prefixed
from pruefstand.transport import Transport, TransportFailure

INSTEAD, AHEAD, AGAIN = Placing.INSTEAD, Placing.AHEAD, Placing.AGAIN
UNASKED, ANSWER = Placing.UNASKED, Placing.ANSWER
Change = Callable[[Element], Element | None]

OTHER_USER = "4e9d2c1a-7b36-4c5e-8f10-2a6b9c3d5e7f"
_SHORT = "AAAAAAAAAAAAAAAAAAAAAAAAAAA="
"""20 octets."""
_INSISTENCE = 2
"""How often a stubborn system repeats at once what was refused."""


def _changed(value: str, *names: str, unless: str = "") -> Change:
    """Return what gives all elements of these `names` the text `value`, where one has another."""
    tags = [f"{{*}}{name}" for name in names]

    def change(body: Element) -> Element | None:
        if all(node.text in (value, unless) for node in body.iter(*tags)):
            return None
        wrong = deepcopy(body)
        for node in wrong.iter(*tags):
            node.text = value
        return wrong

    return change


def _where(holds: Callable[[Element], bool], change: Change) -> Change:
    """Return `change` for the calls of which something holds."""
    return lambda body: change(body) if holds(body) else None


def _of_all_cards(body: Element) -> bool:
    return child(body, "CARDCMN:CardType") is None


def _comfort_off(body: Element) -> Element | None:
    handle = child(body, "CONN:CardHandle")
    return None if handle is None else element("SIG:DeactivateComfortSignature", deepcopy(handle))


def _in_version_7_4(body: Element) -> Element:
    wrong = deepcopy(body)
    new, old = (f"{{{NAMESPACES[prefix]}}}" for prefix in ("SIG", "SIG74"))
    for node in wrong.iter():
        node.tag = str(node.tag).replace(new, old)
    return wrong


def _unsubscribe(body: Element) -> Element:
    context, address = (
        child(body, path) for path in ("CCTX:Context", "EVT:Subscription/EVT:EventTo")
    )
    return element("EVT:Unsubscribe", deepcopy(context), deepcopy(address))


def _assumed(*content: Element) -> Callable[[Element], Element]:
    """Return what a caller takes for the answer that it never asked for."""
    return lambda body: element(f"{prefixed(str(body.tag))}Response", *map(deepcopy, content))


_VALID = element("SIG:VerificationResult", element("SIG:HighLevelResult", "VALID"))
_GOOD = element("CERT:VerificationStatus", element("CERT:VerificationResult", "VALID"))
_ROLES = element("CERT:RoleList", *(element("CERT:Role", oid) for oid in (VAU, IDP)))
"""Whatever service is asked about, its role is taken to be the right one."""
_VERIFIABLE = element("CARD:PinStatus", "VERIFIABLE")


def _taken_as_empty(answer: Element) -> Element | None:
    """Return an answer whose unreadable containers hold nothing; None where all are readable."""
    wrong = deepcopy(answer)
    broken = [node for node in wrong if not _unpacks(node)]
    for node in broken:
        node.text = encode(gzip.compress(b""))
    return wrong if broken else None


def _unpacks(node: Element) -> bool:
    try:
        return len(node) > 0 or bool(gzip.decompress(decode(node.text or "")))
    except (SoapProblem, OSError, EOFError, zlib.error):
        return False


def call_slips(home: KonnektorContext) -> tuple[Slip[Element], ...]:
    """Return the slips in calls of a practice whose usual context is `home`."""
    here, me = home.workplace, home.user or ""

    def is_elsewhere(body: Element) -> bool:
        return text(body, "CCTX:Context/CONN:WorkplaceId") not in (None, here)

    def is_own_stack(body: Element) -> bool:
        own = text(body, "CCTX:Context/CONN:UserId") == me
        return own and len(list(children(body, "SIG:SignRequest"))) > 1

    system, workplace = _changed("CS9", "ClientSystemId"), _changed(here, "WorkplaceId")
    first_card = _where(is_elsewhere, _changed("HBA-1", "CardHandle"))
    is_removal = _where(
        lambda body: text(body, "EVT:Subscription/EVT:Topic") == "CARD/REMOVED", _unsubscribe
    )
    no_pin_ch = _where(lambda body: text(body, "CARDCMN:PinTyp") == "PIN.CH", _assumed(_VERIFIABLE))
    online = ("PerformOnlineCheck", "ReadOnlineReceipt")
    other_user = _changed(OTHER_USER, "UserId", unless=me)
    return (
        Slip(named.FOREIGN_SYSTEM, "GetCards", AHEAD, _where(_of_all_cards, system)),
        Slip(named.OTHER_WORKPLACE, "", INSTEAD, workplace),
        Slip(named.FOREIGN_CARD, "SignDocument", AHEAD, first_card),
        Slip(named.OLD_VERSION, "VerifyDocument", AHEAD, _in_version_7_4),
        Slip(named.UNSUBSCRIBED, "Subscribe", AGAIN, is_removal),
        Slip(
            named.NO_REVOCATION_INFO,
            "SignDocument",
            INSTEAD,
            _changed("false", "IncludeRevocationInfo"),
        ),
        Slip(named.OTHER_CERTIFICATE, "ReadCardCertificate", AHEAD, _changed("C.ENC", "CertRef")),
        Slip(named.SHORT_DIGEST, "ExternalAuthenticate", AHEAD, _changed(_SHORT, "Base64Data")),
        Slip(named.COMFORT_OTHER_USER, "SignDocument", INSTEAD, other_user),
        Slip(named.COMFORT_OFF_FIRST, "ActivateComfortSignature", AHEAD, _comfort_off),
        Slip(named.MODE_UNASKED, "GetSignatureMode", UNASKED, _assumed()),
        Slip(named.JOB_REUSED, "SignDocument", AGAIN, _where(is_own_stack, deepcopy)),
        Slip(named.ALWAYS_CMS, "SignDocument", INSTEAD, _changed(CMS, "SignatureType")),
        Slip(named.PIN_UNASKED, "GetPinStatus", UNASKED, no_pin_ch),
        Slip(named.ALWAYS_NEW_PIN, "UnblockPin", INSTEAD, _changed("true", "SetNewPin")),
        Slip(named.NEVER_NEW_PIN, "UnblockPin", INSTEAD, _changed("false", "SetNewPin")),
        Slip(named.SIGNATURE_UNASKED, "VerifyDocument", UNASKED, _assumed(_VALID)),
        Slip(named.CERTIFICATE_UNASKED, "VerifyCertificate", UNASKED, _assumed(_GOOD, _ROLES)),
        Slip(named.NO_ONLINE_CHECK, "ReadVSD", INSTEAD, _changed("false", *online)),
        Slip(named.ALWAYS_ONLINE, "ReadVSD", INSTEAD, _changed("true", "PerformOnlineCheck")),
        Slip(named.NO_PROOF, "ReadVSD", INSTEAD, _changed("false", online[1])),
        Slip(named.BROKEN_DATA, "ReadVSD", ANSWER, _taken_as_empty),
    )


def _asks_for_all_cards(request: Request) -> bool:
    return b"CardType" not in request.body


def _unencrypted(request: Request) -> Request | None:
    if not _asks_for_all_cards(request):
        return None
    return replace(request, target=request.target.replace("https://", "http://", 1))


def _guessed(request: Request) -> Request | None:
    if not _asks_for_all_cards(request):
        return None
    place = urlsplit(request.target)
    return replace(request, target=f"{place.scheme}://{place.netloc}/services/EventService")


def _in_latin_1(request: Request) -> Request | None:
    if not _asks_for_all_cards(request):
        return None
    kind = ("Content-Type", "text/xml; charset=iso-8859-1")
    others = (pair for pair in request.headers if pair[0] != "Content-Type")
    body = re.sub(rb'encoding="UTF-8"', b'encoding="ISO-8859-1"', request.body, count=1)
    return replace(request, headers=(kind, *others), body=body)


def _malformed(request: Request) -> Request:
    return replace(request, body=request.body.replace(b"EhcHandle", b"Egk"))


OCTETS: tuple[Slip[Request], ...] = (
    Slip(named.PLAIN_CALL, "GetCards", AHEAD, _unencrypted),
    Slip(named.GUESSED_ENDPOINT, "GetCards", INSTEAD, _guessed),
    Slip(named.OTHER_ENCODING, "GetCards", INSTEAD, _in_latin_1),
    Slip(named.OTHER_ENCODING, "ReadVSD", INSTEAD, _in_latin_1),
    Slip(named.MALFORMED, "ReadVSD", AHEAD, _malformed),
)


class Reaction(Enum):
    """What a bad system does about a refusal: nothing at all, or the same again and again."""

    GIVES_UP = auto()
    INSISTS = auto()


REACTIONS: Mapping[tuple[str, int], tuple[str, Reaction]] = {
    ("VerifyPin", 4060): (named.PIN_PAD_GIVEN_UP, Reaction.GIVES_UP),
    ("VerifyPin", 4044): (named.TERMINAL_GIVEN_UP, Reaction.GIVES_UP),
    ("VerifyPin", 4053): (named.REMOTE_PIN_INSISTED, Reaction.INSISTS),
    ("VerifyPin", 4066): (named.NO_PIN_PAD_INSISTED, Reaction.INSISTS),
    ("EjectCard", 4039): (named.DISPLAY_GIVEN_UP, Reaction.GIVES_UP),
    ("ReadCardCertificate", 4093): (named.CARD_GIVEN_UP, Reaction.GIVES_UP),
    ("SignDocument", 4094): (named.SILENT_CARD_GIVEN_UP, Reaction.GIVES_UP),
    ("SignDocument", 4001): (named.INTERNAL_ERROR_INSISTED, Reaction.INSISTS),
    ("SignDocument", 4120): (named.BROKEN_CARD_INSISTED, Reaction.INSISTS),
}
"""Operation and code of a refusal → the carelessness that meets it, and how."""


class CarelessKonnektor(KonnektorClient):
    """Spoils calls to the Konnektor."""

    def __init__(
        self,
        transport: Transport,
        base_url: str,
        context: KonnektorContext,
        faults: FaultSet,
    ) -> None:
        super().__init__(transport, base_url, context)
        self._faults = faults
        self._slips = call_slips(context)
        self._desk = threading.Lock()

    def call(self, service: str, version: str, body: Element, **facts: str) -> Reply:
        """Make the call as the carelessnesses have it; raises KonnektorFault."""

        def aside(wrong: Element) -> None:
            with suppress(PruefstandError):
                KonnektorClient.call(self, service, version, wrong, **facts)

        operation = prefixed(str(body.tag)).partition(":")[2]
        for assumed in spoiled(self._slips, self._faults, operation, UNASKED, body):
            return Reply(assumed, "")
        body = carried_out(self._slips, self._faults, operation, body, aside)
        with self._queue(operation):
            reply = self._answer(service, version, body, facts)
        for again in spoiled(self._slips, self._faults, operation, AGAIN, body):
            aside(again)
        for believed in spoiled(self._slips, self._faults, operation, ANSWER, reply.body):
            reply = Reply(believed, reply.exchange)
        return reply

    def _answer(self, service: str, version: str, body: Element, facts: Mapping[str, str]) -> Reply:
        directory = self._directory
        try:
            return super().call(service, version, body, **facts)
        except TransportFailure:
            if named.OLD_DIRECTORY in self._faults:
                self._directory = directory
            raise
        except KonnektorFault as fault:
            self._react(fault, lambda: KonnektorClient.call(self, service, version, body, **facts))
            if fault.operation == "SignDocument" and named.SEALED_INSTEAD in self._faults:
                return super().call(service, version, self._for_practice_card(body), **facts)
            raise

    def _react(self, fault: KonnektorFault, again: Callable[[], object]) -> None:
        name, reaction = REACTIONS.get((fault.operation, fault.code), ("", Reaction.GIVES_UP))
        if not name or name not in self._faults:
            return
        if reaction is Reaction.GIVES_UP:
            # Any other error than the one that the flow knows a next step for.
            raise ServiceRefusal(str(fault), status=fault.status, text=fault.text, hint=fault.hint)
        for _ in range(_INSISTENCE):
            with suppress(KonnektorFault):
                again()

    def _queue(self, operation: str) -> threading.Lock | nullcontext[None]:
        one = operation == "ReadVSD" and named.ONE_READING in self._faults
        return self._desk if one else nullcontext()

    def send(self, request: Request, name: str, facts: Mapping[str, str]) -> Reply:
        """Send the octets as the carelessnesses have them; raises KonnektorFault."""

        def aside(wrong: Request) -> None:
            with suppress(PruefstandError):
                KonnektorClient.send(self, wrong, name, facts)

        operation = name.partition(":")[2]
        request = carried_out(OCTETS, self._faults, operation, request, aside)
        return super().send(request, name, facts)

    def sign_document(
        self,
        handle: str,
        content: bytes | Sequence[bytes],
        short_text: str = "E-Rezept",
        *,
        job_number: str | None = None,
        mime_type: str = MIME_TYPE,
        crypt: str = "ECC",
    ) -> list[bytes]:
        """Return one CMS per document; a stack may fall apart into single orders."""
        stack = [content] if isinstance(content, bytes) else list(content)
        parts = [stack]
        if len(stack) > 1 and named.STACK_SPLIT in self._faults:
            parts, job_number = [[document] for document in stack], None
        return [
            signed
            for part in parts
            for signed in KonnektorClient.sign_document(
                self,
                handle,
                part,
                short_text,
                job_number=job_number,
                mime_type=mime_type,
                crypt=crypt,
            )
        ]

    def _for_practice_card(self, body: Element) -> Element:
        wrong = deepcopy(body)
        handle = child(wrong, "CONN:CardHandle")
        if handle is not None:
            handle.text = self.cards("SMC-B")[0].handle
        return wrong
