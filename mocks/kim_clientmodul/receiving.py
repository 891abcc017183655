"""What happens to a mail at RETR: decrypt, verify, restore, and say how it went."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass

from mocks.kim_clientmodul import error_mails, spoiling
from mocks.kim_clientmodul.attachments import StoreProblem, download
from mocks.kim_clientmodul.faults import RESULT_MISSING
from mocks.kim_clientmodul.settings import KIM_VERSIONS
from mocks.kim_clientmodul.state import ClientModule
from pruefstand.crypto.cms_encryption import DecryptionKey
from pruefstand.crypto.pki import CertificateKind, CertificateProblem, read_certificate_info
from pruefstand.crypto.smime_kim import (
    DecryptionFailure,
    DecryptionResult,
    IntegrityFailure,
    IntegrityResult,
    KimError,
    Sealed,
    SignedMail,
    unseal,
    verify,
)
from pruefstand.crypto.smime_kim.layers import unwrap_sealed
from pruefstand.kim.large import KasProblem, KasReference, references_in
from pruefstand.kim.note import DECRYPTED, VERIFIED, with_note
from pruefstand.kim.outer import VERSION_HEADER, differing_fields
from pruefstand.kim.receipt import ERROR_HEADER
from pruefstand.kim.username import UserName
from pruefstand.ldap.problem import LdapProblem
from pruefstand.model.mail import Field, MalformedMail, RawMail, header_field, parse_mail

DECRYPTION_HEADER = "X-KIM-DecryptionResult"
INTEGRITY_HEADER = "X-KIM-IntegrityCheckResult"
_RESULTS = (DECRYPTION_HEADER, INTEGRITY_HEADER, ERROR_HEADER)
_LARGE = "1.5+"
_LOG = logging.getLogger("pruefstand.mock.kim")


class Undeliverable(Exception):
    """Instead of the mail its receiver gets a notice with the original inside."""

    def __init__(self, subject: str, text: str, *results: Field) -> None:
        super().__init__(text)
        self.subject, self.text, self.results = subject, text, results


@dataclass(frozen=True, slots=True)
class Receiver:
    """Who fetches."""

    module: ClientModule
    user: UserName

    def transform(self, content: bytes) -> bytes:
        """Return what the practice system gets for a mail as the mail service holds it."""
        try:
            outer = parse_mail(content)
        except MalformedMail:
            return content
        if outer.get(VERSION_HEADER) is None:
            # No KIM message, such as a receipt (A_21390).
            return content
        try:
            return self._restored(outer).to_bytes()
        except Undeliverable as problem:
            notice = error_mails.around_original(
                self.module, outer, problem.subject, problem.text, problem.results
            )
            return notice.to_bytes()

    def _restored(self, outer: RawMail) -> RawMail:
        if outer.get(VERSION_HEADER) not in KIM_VERSIONS:
            text = f"{error_mails.VERSION_UNKNOWN}: {outer.get(VERSION_HEADER)}"
            code = KimError.VERSION_NOT_SUPPORTED
            raise Undeliverable(error_mails.VERSION_UNKNOWN, text, _error(code))
        sealed, part = self._decrypted(outer)
        try:
            inner, result = self._verified(outer, sealed, part)
        except Undeliverable as problem:
            shown = spoiling.believed(self.module, self.user, part)
            if shown is None:
                raise problem
            inner, result = shown, IntegrityResult.OK
        return self._finished(outer, self._with_large(inner), result)

    def _verified(
        self, outer: RawMail, sealed: Sealed, part: bytes
    ) -> tuple[RawMail, IntegrityResult]:
        """Return the inner mail and how far it is proved; raises Undeliverable."""
        try:
            signed = verify(part, unprotected=sealed.recipients)
            inner = parse_mail(signed.mail)
        except IntegrityFailure as problem:
            raise _not_intact(problem.result, problem.error, str(problem)) from problem
        except MalformedMail as problem:
            code = KimError.SIGNATURE_MANIPULATED
            raise _not_intact(IntegrityResult.WRONG_FORMAT, code, str(problem)) from problem
        result = self._signer_result(signed)
        self._check_sender(signed, inner)
        differing = differing_fields(outer, inner)
        if differing:
            text = f"Kopfzeilen außen und innen verschieden: {', '.join(differing)}"
            code = KimError.SIGNATURE_MANIPULATED
            raise _not_intact(IntegrityResult.HEADERS_DIFFER, code, text)
        return inner, result

    def _decrypted(self, outer: RawMail) -> tuple[Sealed, bytes]:
        if not self.module.reaches_konnektor(self.user):
            raise _not_decrypted(
                DecryptionResult.KONNEKTOR_UNAVAILABLE,
                KimError.KONNEKTOR_UNAVAILABLE,
                "Der Konnektor ist nicht erreichbar.",
            )
        try:
            sealed = Sealed.parse(unwrap_sealed(outer))
            return sealed, unseal(sealed, self._key(sealed))
        except DecryptionFailure as problem:
            raise _not_decrypted(problem.result, problem.error, str(problem)) from problem
        except MalformedMail as problem:
            raise _not_decrypted(
                DecryptionResult.WRONG_FORMAT, KimError.WRONG_ENCRYPTION_FORMAT, str(problem)
            ) from problem

    def _key(self, sealed: Sealed) -> DecryptionKey:
        """Return the key of the fetching address that the message is encrypted for."""
        named = {(entry.issuer, entry.serial) for entry in sealed.addressed_to(self.user.address)}
        for key in self.module.decryption_keys(self.user):
            for entry in sealed.document.recipients:
                listed = not sealed.recipients or (entry.issuer, entry.serial) in named
                if listed and entry.is_for(key.der):
                    return key
        raise DecryptionFailure(
            "Der Schlüssel zum Entschlüsseln steht nicht zur Verfügung.",
            DecryptionResult.KEY_UNAVAILABLE,
            KimError.KEY_UNAVAILABLE,
        )

    def _signer_result(self, signed: SignedMail) -> IntegrityResult:
        """Judge the signer's certificate at the time of signing."""
        known = self.module.behaviour.revocation_known
        try:
            self.module.ctx.pki.verify(
                signed.signer_certificate,
                kind=CertificateKind.HCI_OSIG,
                at=signed.signing_time,
                revocation=known,
            )
        except CertificateProblem as problem:
            code = KimError.SIGNATURE_MANIPULATED
            raise _not_intact(IntegrityResult.CERTIFICATE_INVALID, code, str(problem)) from problem
        return IntegrityResult.OK if known else IntegrityResult.REVOCATION_UNKNOWN

    def _check_sender(self, signed: SignedMail, inner: RawMail) -> None:
        """Raise Undeliverable when the institution at From is not the one that signed.

        A person's entry says nothing about it, and neither does one that is not found.
        """
        signer = read_certificate_info(signed.signer_certificate).telematik_id
        for address in inner.addresses("From"):
            try:
                entries = self.module.find(address).entries
            except (LdapProblem, OSError) as problem:
                _LOG.info("directory: %s", problem)
                continue
            owners = {entry.telematik_id for entry in entries if not entry.is_person}
            if owners and signer not in owners:
                code, result = KimError.SIGNATURE_MANIPULATED, IntegrityResult.CERTIFICATE_INVALID
                raise _not_intact(result, code, "Der Absender hat die Nachricht nicht signiert.")

    def _with_large(self, inner: RawMail) -> RawMail:
        """Fetch the mail from the store when only a reference came."""
        try:
            found = references_in(inner)
            if not found:
                return inner
            if len(found) > 1:
                raise MalformedMail("more than one reference to the attachment store")
            if self.module.find(self.user.address).entries[0].version != _LARGE:
                code = KimError.LARGE_MAIL_NOT_ENABLED
                text = error_mails.LARGE_NOT_ENABLED
                raise Undeliverable(text, f"{text}.", *_decrypted_but(code))
            reference = KasReference.from_json(found[0].body)
            return parse_mail(download(self.module, reference, self.user.address))
        except MalformedMail as problem:
            raise _not_fetched(KimError.KAS_DOWNLOAD_FAILED, str(problem)) from problem
        except StoreProblem as problem:
            throttled = problem.status == 429
            code = KimError.KAS_THROTTLED if throttled else KimError.KAS_DOWNLOAD_FAILED
            raise _not_fetched(code, str(problem)) from problem
        except KasProblem as problem:
            wrong = problem.hash_differs
            code = KimError.KAS_HASH_MISMATCH if wrong else KimError.KAS_DECRYPTION_FAILED
            raise _not_fetched(code, str(problem)) from problem

    def _finished(self, outer: RawMail, inner: RawMail, result: IntegrityResult) -> RawMail:
        """Add trace, results and note to the restored mail."""
        now = self.module.behaviour
        sentences = [DECRYPTED] if now.decryption_note else []
        sentences += [VERIFIED] if now.verification_note and result is IntegrityResult.OK else []
        # Results the sender may have written himself prove nothing.
        mail = inner.without(*_RESULTS)
        mail = with_note(mail, sentences) if sentences else mail
        trace = [item for item in outer.fields if item.name.lower() in ("return-path", "received")]
        if RESULT_MISSING in self.module.ctx.faults:
            return mail.with_fields(trace, first=True)
        results = [
            header_field(DECRYPTION_HEADER, DecryptionResult.OK),
            header_field(INTEGRITY_HEADER, result),
        ]
        return mail.with_fields([*trace, *results], first=True)


def _error(code: KimError) -> Field:
    return header_field(ERROR_HEADER, str(int(code)))


def _not_decrypted(result: DecryptionResult, code: KimError, text: str) -> Undeliverable:
    return Undeliverable(
        error_mails.NOT_DECRYPTED,
        f"{error_mails.NOT_DECRYPTED}: {text}",
        header_field(DECRYPTION_HEADER, result),
        _error(code),
    )


def _decrypted_but(code: KimError) -> Sequence[Field]:
    return (
        header_field(DECRYPTION_HEADER, DecryptionResult.OK),
        header_field(INTEGRITY_HEADER, IntegrityResult.OK),
        _error(code),
    )


def _not_fetched(code: KimError, text: str) -> Undeliverable:
    subject = error_mails.NOT_FETCHED
    return Undeliverable(subject, f"{subject}: {text}", *_decrypted_but(code))


def _not_intact(result: IntegrityResult, code: KimError, text: str) -> Undeliverable:
    return Undeliverable(
        error_mails.NOT_INTACT,
        f"{error_mails.NOT_INTACT}. Der Inhalt wird nicht angezeigt: {text}",
        header_field(DECRYPTION_HEADER, DecryptionResult.OK),
        header_field(INTEGRITY_HEADER, result),
        _error(code),
    )
