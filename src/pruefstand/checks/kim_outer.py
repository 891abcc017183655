"""The outer mail of a KIM message: what everybody on the way may read of it."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from datetime import timedelta
from email.utils import parsedate_to_datetime

from pruefstand.checks.check import Check, Exchanges, Judgement, check, factory
from pruefstand.checks.kim_select import mail_of, observed, sent
from pruefstand.kim.dienstkennung import DEFAULT, HEADER
from pruefstand.kim.outer import COPIED, SUBJECT, VERSION_HEADER
from pruefstand.model.mail import RawMail

_MODULE_VERSION = re.compile(r"[a-zA-Z0-9_]{1,5}_\d+\.\d+\.\d+(-\d+)?")
_PRODUCT_VERSION = re.compile(r"\d+\.\d+\.\d+(-\d+)?")
_TOLERANCE = timedelta(minutes=5)


def judge_outer(
    exchanges: Exchanges, expected: str, actual: Callable[[RawMail], tuple[bool, str]]
) -> Judgement:
    """Judge every message seen at the mail service, and that there is at least one."""
    found = observed(exchanges)
    for exchange in found:
        holds, seen = actual(mail_of(exchange))
        if not holds:
            return Judgement(False, expected, seen, exchange.id)
    if not found:
        return Judgement(False, expected, "keine KIM-Nachricht am Fachdienst gesehen")
    return Judgement(True, expected, f"{len(found)} Nachrichten entsprechen", found[-1].id)


def judge_pair(
    exchanges: Exchanges, expected: str, actual: Callable[[RawMail, RawMail], tuple[bool, str]]
) -> Judgement:
    """Judge the last message at the mail service against the last mail handed over."""
    outside, inside = observed(exchanges), sent(exchanges)
    if not outside or not inside:
        return Judgement(False, expected, "Versand oder Nachricht am Fachdienst fehlt")
    holds, seen = actual(mail_of(outside[-1]), mail_of(inside[-1]))
    return Judgement(holds, expected, seen, outside[-1].id)


@check("KOM-LE-A_2099")
def version_is_named(exchanges: Exchanges) -> Judgement:
    """Every outer mail has X-KOM-LE-Version."""
    return judge_outer(
        exchanges,
        f"{VERSION_HEADER} vorhanden",
        lambda mail: (mail.get(VERSION_HEADER) is not None, f"{VERSION_HEADER} fehlt"),
    )


@check("KOM-LE-A_2100-02")
def version_is_what_receivers_need(exchanges: Exchanges) -> Judgement:
    """The version is 1.5 with the attachment store and 1.0 without."""

    def actual(mail: RawMail) -> tuple[bool, str]:
        wanted = "1.5" if mail.get("X-KIM-KAS-Size") else "1.0"
        stated = mail.get(VERSION_HEADER)
        return stated == wanted, f"{VERSION_HEADER}: {stated}, benötigt {wanted}"

    return judge_outer(exchanges, "Version 1.5 mit KAS, sonst 1.0", actual)


@check("KOM-LE-A_2102")
def subject_tells_nothing(exchanges: Exchanges) -> Judgement:
    """The outer subject is the fixed one."""
    return judge_outer(
        exchanges,
        f"Subject: {SUBJECT}",
        lambda mail: (mail.all("Subject") == [SUBJECT], f"Subject: {mail.all('Subject')}"),
    )


@check("KOM-LE-A_2104")
def envelope_has_its_type(exchanges: Exchanges) -> Judgement:
    """The outer mail is pkcs7-mime with authenticated-enveloped-data."""

    def actual(mail: RawMail) -> tuple[bool, str]:
        stated = mail.get("Content-Type") or ""
        kind, _, rest = stated.partition(";")
        good = "smime-type=authenticated-enveloped-data" in rest.replace(" ", "").split(";")
        return kind.strip().lower() == "application/pkcs7-mime" and good, stated

    return judge_outer(exchanges, "pkcs7-mime, authenticated-enveloped-data", actual)


@check("A_21388-01")
def module_versions_are_named(exchanges: Exchanges) -> Judgement:
    """The versions of client module and product type have their format."""

    def actual(mail: RawMail) -> tuple[bool, str]:
        module, product = mail.get("X-KIM-CMVersion") or "", mail.get("X-KIM-PTVersion") or ""
        good = _MODULE_VERSION.fullmatch(module) and _PRODUCT_VERSION.fullmatch(product)
        return bool(good), f"X-KIM-CMVersion: {module}, X-KIM-PTVersion: {product}"

    return judge_outer(exchanges, "Hersteller_1.2.3-4 und 1.2.3-4", actual)


@check("KOM-LE-A_2101-01")
def message_id_is_kept(exchanges: Exchanges) -> Judgement:
    """The Message-ID is the same outside and inside."""
    return judge_pair(
        exchanges,
        "gleiche Message-ID",
        lambda outer, inner: (
            outer.all("Message-ID") == inner.all("Message-ID") != [],
            f"außen {outer.all('Message-ID')}, innen {inner.all('Message-ID')}",
        ),
    )


@check("KOM-LE-A_2098-03")
def fields_are_the_same(exchanges: Exchanges) -> Judgement:
    """Date, addresses and every X-KIM field of the inner mail stand outside unchanged."""

    def actual(outer: RawMail, inner: RawMail) -> tuple[bool, str]:
        own = {item.name for item in inner.fields if item.name.lower().startswith("x-kim-")}
        differing = [name for name in sorted({*COPIED, *own}) if outer.all(name) != inner.all(name)]
        return not differing, f"verschieden: {', '.join(differing) or 'nichts'}"

    return judge_pair(exchanges, "Kopfzeilen außen wie innen", actual)


@check("A_19488-02")
def dienstkennung_is_kept_or_default(exchanges: Exchanges) -> Judgement:
    """A Dienstkennung of the practice system stays; a missing one is the default."""

    def actual(outer: RawMail, inner: RawMail) -> tuple[bool, str]:
        wanted = inner.all(HEADER) or [str(DEFAULT)]
        return outer.all(HEADER) == wanted, f"außen {outer.all(HEADER)}, erwartet {wanted}"

    return judge_pair(exchanges, "Dienstkennung erhalten oder Standardwert", actual)


OUTER_CHECKS: tuple[Check, ...] = (
    version_is_named,
    version_is_what_receivers_need,
    subject_tells_nothing,
    envelope_has_its_type,
    module_versions_are_named,
    message_id_is_kept,
    fields_are_the_same,
    dienstkennung_is_kept_or_default,
)


@factory
def expires_after(days: int, *requirements: str) -> Check:
    """Return the check that Expires lies `days` after the mail was written."""

    def actual(mail: RawMail) -> tuple[bool, str]:
        stated = mail.get("Expires") or ""
        try:
            life = parsedate_to_datetime(stated) - parsedate_to_datetime(mail.get("Date") or "")
        except (ValueError, TypeError):
            return False, f"Expires: {stated or 'fehlt'}"
        return abs(life - timedelta(days=days)) < _TOLERANCE, f"Expires nach {life}"

    return Check(
        "expires_after",
        requirements,
        lambda exchanges: judge_outer(exchanges, f"Expires {days} Tage nach Versand", actual),
    )


@factory
def addressed_only_to(addresses: Collection[str], *requirements: str) -> Check:
    """Return the check that To, Cc and Bcc name exactly `addresses`."""
    wanted = sorted(address.lower() for address in addresses)

    def actual(mail: RawMail) -> tuple[bool, str]:
        named = sorted(mail.addresses("To", "Cc", "Bcc"))
        return named == wanted, ", ".join(named) or "niemand"

    return Check(
        "addressed_only_to",
        requirements,
        lambda exchanges: judge_outer(exchanges, ", ".join(wanted), actual),
    )


@factory
def lies_in_store(largest: int, *requirements: str) -> Check:
    """Return the check that only a reference travels: named size, at most `largest` octets."""

    def actual(mail: RawMail) -> tuple[bool, str]:
        stated = mail.get("X-KIM-KAS-Size") or ""
        seen = f"X-KIM-KAS-Size: {stated or 'fehlt'}, {len(mail.body)} Zeichen per Mail"
        return stated.isdigit() and int(stated) > largest >= len(mail.body), seen

    return Check(
        "lies_in_store",
        requirements,
        lambda exchanges: judge_outer(exchanges, "Verweis statt Inhalt, Größe genannt", actual),
    )
