"""How eAU mails are judged, and what stood in their way: then a missing one proves nothing."""

from __future__ import annotations

from collections.abc import Callable

from pruefstand.checks.check import Check, Exchanges, Judgement, Reference
from pruefstand.checks.eau_select import EauMail, Select, sent_documents
from pruefstand.checks.kim_select import is_opened, mail_of, received
from pruefstand.checks.vzd import searches


def obstacle(exchanges: Exchanges) -> str:
    """Return what kept eAU mails from coming through, in German; empty when nothing did."""
    if any(search.status != 0 for search in searches(exchanges)):
        return "das Verzeichnis hat eine Suche nicht beantwortet"
    if not all(map(is_opened, map(mail_of, received(exchanges)))):
        return "eine Mail kam nicht lesbar an"
    sent = [one for one in sent_documents(exchanges) if one.files]
    if any(len(one.files) > 1 or not one.document for one in sent):
        return "eine gesendete Mail trägt nicht genau ein signiertes Dokument"
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


def _shown(one: EauMail) -> str:
    identifier = one.value("/f:Bundle/f:identifier/f:value/@value")
    return f"{one.mail.text('Subject') or 'ohne Betreff'} ({identifier or 'ohne Dokument'})"
