"""Error messages of an insurer: one XML attachment, unsigned, to Reply-To or From."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mocks.kasse import faults
from mocks.kasse.intake import Rejected
from mocks.kasse.mailbox import Post
from pruefstand.fhir.kasse_error import (
    BY_MESSAGE_ID,
    VIRUS,
    KasseError,
    Trouble,
    code_of,
)
from pruefstand.kim.dienstkennung import DEFAULT, HEADER, Dienstkennung
from pruefstand.kim.eau import APPLICATION, EauMessage, Stem
from pruefstand.kim.eau_versions import EauVersion, answer_version
from pruefstand.kim.mail import Attachment, KimMail
from pruefstand.mockkit import MockContext
from pruefstand.model.mail import RawMail

DISPLAYS: dict[Trouble, str] = {
    Trouble.UNREADABLE: "Das Dokument ist nicht lesbar oder hält seine Vorgaben nicht ein",
    Trouble.CHARSET: "Das Dokument hat einen falschen Zeichensatz",
    Trouble.SIGNER: "Das Zertifikat der Signatur ist ungeeignet",
    Trouble.SIGNATURE: "Die Signatur passt nicht zu den Daten",
    Trouble.KIM_ENCRYPTION: "Die KIM-Nachricht ist falsch verschlüsselt",
    Trouble.KIM_UNSIGNED: "Der KIM-Nachricht fehlt die Signatur",
    Trouble.KIM_SIGNATURE_FORMAT: "Die Signatur der KIM-Nachricht hat ein falsches Format",
    Trouble.KIM_MANIPULATED: "Die KIM-Nachricht passt nicht zu ihrer Signatur",
    Trouble.KIM_KEY: "Der Schlüssel zum Entschlüsseln der KIM-Nachricht fehlt",
    Trouble.NOT_INSURED: "Die Person ist bei dieser Krankenkasse nicht versichert",
    Trouble.NOTE_REJECTED: "Die stornierte eAU war bereits als fehlerhaft abgewiesen",
}
"""Our words; the wording of the key table is the insurer's and KBV's."""


@dataclass(frozen=True, slots=True)
class Answer:
    """The way back to whoever sent `mail`."""

    ctx: MockContext
    post: Post
    mail: RawMail

    @property
    def recipient(self) -> str:
        """Reply-To if the directory knows it, else From; raises OSError, LdapProblem."""
        sender = self.mail.addresses("From")[0]
        wanted = self.mail.addresses("Reply-To")[:1]
        if faults.IGNORES_REPLY_TO in self.ctx.faults or not wanted:
            return sender
        return wanted[0] if self.post.is_listed(wanted[0]) else sender

    def send(self, rejection: Rejected, *, storno: bool) -> str:
        """Send the error and return its code; raises OSError, SMTPException."""
        active = self.ctx.faults
        code = code_of(rejection.trouble, storno=storno)
        version = self._version(rejection)
        by_mail = code in BY_MESSAGE_ID or rejection.detail == VIRUS or not self._id(rejection)
        if faults.DOCUMENT_INSTEAD_OF_MAIL in active:
            by_mail = False
        nothing = faults.WITHOUT_REFERENCE in active
        outcome = self.ctx.rng.uuid()
        error = KasseError(
            outcome,
            code,
            DISPLAYS[rejection.trouble],
            document_id="" if by_mail or nothing else self._id(rejection) or outcome,
            message_id=self._message_id() if by_mail and not nothing else "",
            version=version.profile,
        )
        stem = EauMessage.ERROR.stem(outcome, test=self._is_test())
        attachment = EauMessage.ERROR.attachment(outcome, error.to_xml(), test=self._is_test())
        subject = "Ihre eAU" if faults.WRONG_SUBJECT in active else stem
        procedure = EauMessage.NOTE if faults.WRONG_KENNUNG in active else EauMessage.ERROR
        kennung = Dienstkennung(APPLICATION, procedure, version.dienstkennung)
        self.deliver(subject, rejection.detail, kennung, [attachment])
        return code

    def deliver(
        self,
        subject: str,
        text: str,
        kennung: Dienstkennung,
        attachments: Sequence[Attachment] = (),
    ) -> None:
        """Write to the sender; raises OSError, SMTPException."""
        to, address = self.recipient, self.post.box.address
        mail = KimMail(
            address,
            (to,),
            subject,
            text,
            f"{self.ctx.rng.uuid()}@kasse",
            self.ctx.clock.now(),
            kennung,
            reply_to=address,
            in_reply_to=self._message_id(),
            attachments=attachments,
            sender_system="Pruefkasse;1.0",
        )
        self.post.send(mail.to_bytes(), to)

    def _version(self, rejection: Rejected) -> EauVersion:
        stated = (self.mail.get(HEADER) or "").rpartition(";")[2]
        return answer_version(rejection.facts.version if rejection.facts else "", stated)

    def _id(self, rejection: Rejected) -> str:
        """Return the document's id: of its data, else of the mail's subject."""
        if rejection.facts and rejection.facts.document_id:
            return rejection.facts.document_id
        try:
            return Stem.parse(self.mail.text("Subject") or "").document_id
        except ValueError:
            return ""

    def _is_test(self) -> bool:
        try:
            return Stem.parse(self.mail.text("Subject") or "").test
        except ValueError:
            return True

    def _message_id(self) -> str:
        return (self.mail.get("Message-ID") or "").strip("<> ")


def positive_answer(answer: Answer) -> None:
    """Confirm what needs no confirmation."""
    answer.deliver("eAU verarbeitet", "Die eAU wurde verarbeitet.", DEFAULT)


def read_receipt(answer: Answer) -> None:
    """Say that the mail was read, which an insurer never does."""
    kennung = Dienstkennung("MDN", "automatic-action", "V1.0")
    answer.deliver("Lesebestätigung", "disposition: automatic-action/MDN; processed", kennung)
