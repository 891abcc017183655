"""How eAU mails are judged, and what stood in their way: then a missing one proves nothing."""

from __future__ import annotations

from collections.abc import Callable

from pruefstand.checks.check import Check, Exchanges, Judgement, Reference
from pruefstand.checks.eau_select import EauMail, Select, sent_documents
from pruefstand.checks.kim_select import mail_of, received
from pruefstand.checks.vzd import searches
from pruefstand.kim.receipt import ERROR_HEADER, is_receipt
from pruefstand.model.mail import RawMail

_RESULTS = (("X-KIM-DecryptionResult", "00"), ("X-KIM-IntegrityCheckResult", "01"))


def obstacle(exchanges: Exchanges) -> str:
    """Return what kept eAU mails from coming through, in German; empty when nothing did."""
    if any(search.status != 0 for search in searches(exchanges)):
        return "das Verzeichnis hat eine Suche nicht beantwortet"
    for exchange in received(exchanges):
        mail = mail_of(exchange)
        if not is_receipt(mail) and not _came_whole(mail):
            return "eine Mail kam nicht lesbar an"
    if any(one.files and not one.document for one in sent_documents(exchanges)):
        return "eine gesendete Datei umschließt kein Dokument"
    return ""


def missing(exchanges: Exchanges, expected: str, actual: str) -> Judgement:
    """Judge that what should have been there was not: wrong, unless something stood in its way."""
    reason = obstacle(exchanges)
    return Judgement(
        None if reason else False, expected, f"{actual}; {reason}" if reason else actual
    )


def each(
    name: str,
    select: Select,
    expected: str,
    good: Callable[[EauMail], bool],
    *requirements: str,
) -> Check:
    """Return the check that `good` holds for each selected mail, and that there is one."""

    def judge(exchanges: Exchanges) -> Judgement:
        found = select(exchanges)
        for one in found:
            if not good(one):
                return Judgement(False, expected, _shown(one), one.exchange.id)
        if not found:
            return missing(exchanges, expected, "keine eAU-Nachricht aufgezeichnet")
        return Judgement(True, expected, f"{len(found)} Nachrichten", found[-1].exchange.id)

    # The check stands under its own name in the module that says what is good.
    module = good.__module__.rpartition(".")[2]
    return Check(name, requirements, judge, reference=Reference(f"{module}:{name}"))


def _came_whole(mail: RawMail) -> bool:
    sealed = (mail.get("Content-Type") or "").lower().startswith("application/pkcs7-mime")
    good = all(value == fine for name, fine in _RESULTS for value in mail.all(name))
    return good and not sealed and mail.get(ERROR_HEADER) is None


def _shown(one: EauMail) -> str:
    identifier = one.value("/f:Bundle/f:identifier/f:value/@value")
    return f"{one.mail.text('Subject') or 'ohne Betreff'} ({identifier or 'ohne Dokument'})"
