"""Client module and use of the directory: every check holds, and breaks on one wrong thing."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from pruefstand.checks import kim_module, vzd_use
from pruefstand.checks.check import Check
from pruefstand.checks.kim_module import (
    konnektor_decides,
    logins_with_and_without_certificate,
    service_sees_certificate,
)
from pruefstand.checks.vzd import BASE
from pruefstand.kim.username import UserName
from pruefstand.model.exchange import Exchange, Layer
from pruefstand.model.mail import RawMail, header_field
from tests.unit.kim_traffic import NOW, A, exchange, observed, pop3, session, smtp, tls

Traffic = list[Exchange]
Case = tuple[Check, list[Traffic], list[Traffic]]
"""Check → right traffic, wrong traffic."""

UIDS = b"1 a-1\r\n2 b-2\r\n"


def answered(answer: str) -> Exchange:
    """Return MAIL with any answer; smtp() demands a code."""
    return exchange(Layer.SMTP, "MAIL", asked=f"MAIL FROM:<{A}>", answered=answer)


def unanswered(one: Exchange) -> Exchange:
    return replace(one, response=None)


def mailbox(uids: bytes = UIDS, *, status: str = "+OK 2 400") -> Traffic:
    """Return a POP3 session whose second answer and list of UIDs a test may spoil."""
    return [
        pop3("CONNECT", "", "+OK KOM-LE-Clientmodul POP3"),
        pop3("STAT", "STAT", status),
        pop3("UIDL", "UIDL", "+OK", uids),
    ]


def both(*more: Exchange) -> Traffic:
    """Return a mail sent and the mailbox looked into, with more commands."""
    return [*session(), *mailbox(), *more]


def data(answer: str, peer: str = "kim_clientmodul") -> Exchange:
    return replace(smtp("DATA", "DATA", answer), peer=peer)


def at_service(answer: str) -> Exchange:
    return data(answer, "kim_fachdienst")


REFUSAL = "550 5.7.1 Reply-To is no KIM address"


def traced(*traces: str) -> Traffic:
    """Return a KIM message at the mail service with these Received fields, the newest first."""
    kind = header_field("Content-Type", "application/pkcs7-mime")
    fields = [header_field("Received", f"from x by y ({trace})") for trace in traces]
    return observed(RawMail((*fields, kind), b"x"))


OWN, FOREIGN = (f"TLSv1.3, client certificate {name}" for name in ("modul", "pvs"))


def login(name: str, shown: bool, status: str = "235 2.7.0 ok") -> Traffic:
    """Return a connection, with or without client certificate, and the login over it."""
    connection = tls(name=name)
    if shown:
        facts = {**connection.facts, "client_certificate": "CN=pvs"}
        connection = replace(connection, facts=facts)
    return [connection, replace(smtp("AUTH", "AUTH PLAIN", status), parent=name)]


def over(konnektor: str, answer: str, *, status: str = "235 ok") -> Traffic:
    """Return a mail sent after a login with this KonnektorId."""
    user = UserName(A, ("mail.test", 465), "M1", "CS1", "WP1", konnektor_id=konnektor).smtp()
    talk = smtp("AUTH", "AUTH PLAIN", status, user=user), smtp("DATA", "DATA", answer)
    return [replace(one, parent=konnektor) for one in talk]


FIRST_ONLY = [*over("Konn_1", "250 ok"), *over("Konn_2", "451 no")]


def user(*optional: str, server: tuple[str, ...] = ("mail.test:995",)) -> Exchange:
    """Return USER whose name ends in these parts after the Arbeitsplatz."""
    name = "#".join((A, *server, "M1", "CS1", "WP1", *optional))
    return pop3("USER", f"USER {name}", "+OK")


def ldap(wanted: str = "(mail=a@x)", *, over: str = "tls", seconds: float = 0.0) -> Exchange:
    """Return a search with this filter."""
    found = exchange(
        Layer.LDAP,
        "Search",
        peer="vzd",
        asked=f"{BASE}?mail?sub?{wanted}",
        answered="0 SUCCESS",
        status=0,
        parent=over,
    )
    return replace(found, started=NOW + timedelta(seconds=seconds))


PROXY, PAST = (
    replace(tls(name=name), peer=peer) for name, peer in (("tls", "konnektor"), ("past", "vzd"))
)


def attempts(*seconds: float, peer: str = "konnektor", error: str | None = "refused") -> Traffic:
    """Return attempts to connect at these moments."""
    return [
        replace(tls(), peer=peer, error=error, started=NOW + timedelta(seconds=moment))
        for moment in seconds
    ]


STATIC: list[Case] = [
    (
        kim_module.replies_follow_the_norms,
        [
            both(),
            both(answered("250 KOM-LE\nSIZE"), answered("250")),
            both(pop3("PASS", "PASS …", "-ERR no")),
            [*session(), *mailbox(b"")],
        ],
        [
            both(answered("250 5.1.0 ok")),
            both(answered("550 2.7.1 no")),
            both(answered("650 ok")),
            both(answered("260 ok")),
            both(answered("ok")),
            both(answered("")),
            both(unanswered(answered("250 ok"))),
            [*session(), *mailbox(status="OK")],
            [*session(), *mailbox(status="ERR no")],
            [*session(), *mailbox(b"1 a-1\r\n1 a-1\r\n")],
            [*session(), *mailbox(b"0 a-1\r\n")],
            [*session(), *mailbox(b"1 a 1\r\n")],
            [*session(), *mailbox(b"1 \r\n")],
            [*session(), *mailbox(b"1 " + b"a" * 71 + b"\r\n")],
            both(unanswered(pop3("UIDL", "UIDL", "+OK"))),
            session(),
            mailbox(),
            [],
        ],
    ),
    (
        kim_module.refusals_pass_unchanged,
        [
            [data(REFUSAL), at_service(REFUSAL)],
            [data("250 ok"), at_service("250 ok"), data(REFUSAL), at_service(REFUSAL)],
        ],
        [
            [data("550 5.7.1 Nachricht abgelehnt"), at_service(REFUSAL)],
            [data(REFUSAL.replace("550", "554")), at_service(REFUSAL)],
            [data(REFUSAL + " "), at_service(REFUSAL)],
            [data("250 ok"), at_service(REFUSAL)],
            [data(REFUSAL), data("250 ok"), at_service(REFUSAL)],
            [unanswered(data(REFUSAL)), at_service(REFUSAL)],
            [data(REFUSAL)],
            [at_service(REFUSAL)],
            [],
        ],
    ),
    (
        kim_module.skipped_parts_are_starred,
        [
            [user("*", "Konn_1")],
            [user("u-1"), user(), user("*", "Konn_1")],
            [user("*", "Konn_1", server=()), user("*", "Konn_1", server=("*",))],
        ],
        [
            [user("", "Konn_1")],
            [user("", "Konn_1", server=())],
            [user("u-1", "Konn_1")],
            [user("*", "")],
            [user("*", "Konn_1"), user("", "Konn_1")],
            [user("Konn_1")],
            [user()],
            session(),
            [],
        ],
    ),
    (
        vzd_use.asked_through_the_konnektor,
        [[PROXY, ldap()], [PROXY, PAST, ldap()]],
        [
            [PAST, ldap(over="past")],
            [PROXY, PAST, ldap(), ldap(over="past")],
            [PROXY, ldap(over="elsewhere")],
            [ldap()],
            [PROXY],
            [],
        ],
    ),
    (
        vzd_use.waits_after_failures,
        [
            attempts(0, 5, 11),
            attempts(0, 5, 15, 35, peer="vzd"),
            [*attempts(0, 5), *attempts(6, error=None), *attempts(15)],
        ],
        [
            attempts(0, 4.9, 11),
            attempts(0, 5, 10),
            attempts(0, 10, 15),
            attempts(0, 5, 15, 20),
            attempts(*range(10)),
            attempts(0, 5),
            attempts(0),
            attempts(0, 5, 11, error=None),
            attempts(0, 5, 11, peer="kim_clientmodul"),
            [],
        ],
    ),
    (
        vzd_use.searches_are_targeted,
        [
            [ldap("(mail=a@x)")],
            [ldap("(displayName=Pra*)"), ldap("(displayName=*ü*x*is*)"), ldap("(sn~=Meier)")],
            [ldap("(&(entryType=5)(domainID=109500969))")],
            [ldap("(|(mail=a@x)(mail=b@x))")],
            [ldap(seconds=number) for number in range(10)],
            [ldap(seconds=number * 6) for number in range(30)],
        ],
        [
            [ldap("(displayName=Pr*)")],
            [ldap("(displayName=ÜÄ*)")],
            [ldap("(displayName=A  *)")],
            [ldap("(mail=*)")],
            [ldap("(mail=)")],
            [ldap("(entryType=5)")],
            [ldap("(OBJECTCLASS=person)")],
            [ldap("(mail>=a)")],
            [ldap("(!(mail=a@x))")],
            [ldap("(&(entryType=5)(active=TRUE))")],
            [ldap("(|(mail=a@x)(displayName=A*))")],
            [ldap("(&)")],
            [ldap("(|)")],
            [ldap("mail=a@x")],
            [ldap("")],
            [ldap(), ldap("(displayName=B*)")],
            [ldap(seconds=number) for number in range(11)],
            [ldap(seconds=1000), *(ldap(seconds=2000 + number * 5.9) for number in range(11))],
            [PROXY],
            [],
        ],
    ),
]
MADE: list[Case] = [
    (
        service_sees_certificate("modul", "KOM-LE-A_2074"),
        [traced(OWN), traced(OWN.replace("1.3", "1.2")), traced(OWN, FOREIGN)],
        [
            traced(FOREIGN),
            traced(FOREIGN, OWN),
            traced("TLSv1.3, client certificate modul-2"),
            traced(OWN.replace("1.3", "1.1")),
            traced("TLSv1.3, no client certificate"),
            traced("clear, no client certificate"),
            traced(),
            [*traced(OWN), *traced(FOREIGN)],
            traced(OWN)[:1],
            [],
        ],
    ),
    (
        logins_with_and_without_certificate("KOM-LE-A_2181"),
        [[*login("t1", True), *login("t2", False)], [*login("t1", False), *login("t2", True)]],
        [
            [*login("t1", True), *login("t2", False, "535 no")],
            [*login("t1", True, "535 no"), *login("t2", False)],
            [*login("t1", True), *login("t2", True)],
            [*login("t1", False), *login("t2", False)],
            [*login("t1", True), login("t2", False)[0]],
            [login("t1", True)[1], login("t2", False)[1]],
            [],
        ],
    ),
    (
        konnektor_decides({"Konn_1": 250, "Konn_2": 451}, "A_21457"),
        [FIRST_ONLY, FIRST_ONLY[2:] + FIRST_ONLY[:2]],
        [
            [*over("Konn_1", "250 ok"), *over("Konn_2", "250 ok")],
            [*over("Konn_1", "451 no"), *over("Konn_2", "451 no")],
            [*over("Konn_1", "451 no"), *over("Konn_2", "250 ok")],
            [*over("Konn_1", "250 ok"), *over("Konn_2", "554 no")],
            [*over("Konn_1", "250 ok"), *over("Konn_2", "451 no", status="454 no")],
            [*FIRST_ONLY, *over("Konn_3", "250 ok")],
            [*over("Konn_1", "250 ok"), *over("", "451 no")],
            FIRST_ONLY[:2],
            [one for one in FIRST_ONLY if one.operation == "AUTH"],
            [],
        ],
    ),
]


@pytest.mark.parametrize("case", STATIC + MADE, ids=lambda case: case[0].name)
def test_a_check_holds_and_breaks(case: Case) -> None:
    check, right, wrong = case
    for traffic in right:
        judgement = check.judge(traffic)
        assert judgement.holds is True, judgement
    for number, traffic in enumerate(wrong):
        judgement = check.judge(traffic)
        assert judgement.holds is False, f"wrong traffic {number}: {judgement}"


def test_what_is_wrong_is_named_where_it_was_seen() -> None:
    bad = replace(answered("550 2.7.1 no"), id="here")
    judgement = kim_module.replies_follow_the_norms.judge(both(bad))
    assert (judgement.exchange, judgement.actual) == ("here", "MAIL: 550 2.7.1 no")
    judgement = vzd_use.searches_are_targeted.judge([ldap(), replace(ldap("(cn=B*)"), id="here")])
    assert judgement.exchange == "here"
