from __future__ import annotations

import ssl
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)

from pruefstand.clock import VirtualClock
from pruefstand.crypto.pki import (
    CertificateKind,
    CertificateProblem,
    Identity,
    Pki,
    read_certificate_info,
)
from pruefstand.crypto.pki.keys import _ORDER, BRAINPOOL, NIST
from pruefstand.crypto.pki.profiles import PROFILES
from pruefstand.errors import ConfigurationError

DAY = datetime(2026, 11, 23, 9, tzinfo=UTC)
KVNR = "X110411675"


def make_pki(seed: int | str = 7, day: datetime = DAY) -> Pki:
    return Pki(seed, VirtualClock(day))


@pytest.fixture(scope="module")
def pki() -> Pki:
    return make_pki()


def identities(pki: Pki) -> dict[CertificateKind, Identity]:
    hba, smcb, egk = pki.hba(), pki.smcb(), pki.egk(KVNR)
    found = [hba.qes, hba.aut, hba.enc, smcb.aut, smcb.osig, smcb.enc, egk.aut]
    services = ("erp-vau", "fd-sig", "idp-sig", "epa-vau", "konnektor", "vzd", "tsl", "ocsp")
    found += [pki.service(name) for name in services]
    return {identity.kind: identity for identity in found}


KINDS = [
    # kind, type policy arc, key usage bits as on the wire, profession OID arc
    (CertificateKind.HP_QES, 72, "03020640", 30),
    (CertificateKind.HP_AUT, 75, "03020388", 30),
    (CertificateKind.HP_ENC, 74, "03020308", 30),
    (CertificateKind.HCI_AUT, 77, "03020780", 50),
    (CertificateKind.HCI_OSIG, 78, "03020640", 50),
    (CertificateKind.HCI_ENC, 76, "03020308", 50),
    (CertificateKind.CH_AUT, 70, "03020780", 49),
    (CertificateKind.FD_ENC, 202, "03020308", 258),
    (CertificateKind.FD_OSIG, 283, "03020640", 259),
    (CertificateKind.FD_SIG, 203, "03020780", 260),
    (CertificateKind.FD_AUT, 155, "03020780", 209),
    (CertificateKind.AK_AUT, 79, "03020780", 103),
]


@pytest.mark.parametrize(("kind", "policy", "usage", "profession"), KINDS, ids=lambda v: str(v))
def test_every_kind_follows_its_profile(
    pki: Pki, kind: CertificateKind, policy: int, usage: str, profession: int
) -> None:
    identity = identities(pki)[kind]
    info = read_certificate_info(identity.der)
    extensions = {e.oid.dotted_string: e for e in identity.certificate.extensions}
    assert info.kind is kind
    assert info.policies[0] == f"1.2.276.0.76.4.{policy}"
    assert info.profession_oids == (f"1.2.276.0.76.4.{profession}",)
    assert {oid for oid, e in extensions.items() if e.critical} == {"2.5.29.19", "2.5.29.15"}
    assert extensions["2.5.29.19"].value.public_bytes() == b"\x30\x00"
    assert extensions["2.5.29.15"].value.public_bytes().hex() == usage
    assert info.ocsp_url == pki.ocsp_url
    assert 46 <= info.serial.bit_length() <= 50
    assert pki.verify(identity.der, kind=kind, at=DAY) == info
    signature = identity.certificate.signature_algorithm_oid.dotted_string
    assert signature == "1.2.840.10045.4.3.2"


def test_qes_certificates_state_compliance_first_and_the_chain_model(pki: Pki) -> None:
    extensions = {e.oid.dotted_string: e.value for e in pki.hba().qes.certificate.extensions}
    statements = extensions["1.3.6.1.5.5.7.1.3"]
    assert isinstance(statements, x509.UnrecognizedExtension)
    assert statements.value.hex() == "30143008060604008e4601013008060604008e460104"
    assert "1.3.6.1.4.1.8301.3.5" in extensions
    others = {e.oid.dotted_string for e in pki.hba().aut.certificate.extensions}
    assert "1.3.6.1.5.5.7.1.3" not in others


def test_a_hba_name_is_the_country_and_one_rdn_of_four(pki: Pki) -> None:
    rdns = pki.hba("Clara Sommer").qes.certificate.subject.rdns
    assert [len(rdn) for rdn in rdns] == [1, 4]
    info = read_certificate_info(pki.hba("Clara Sommer").qes.der)
    assert (info.given_name, info.surname) == ("Clara", "Sommer")
    assert info.iccsn == pki.hba("Clara Sommer").iccsn


def test_an_egk_tells_kvnr_and_ik_and_has_no_telematik_id(pki: Pki) -> None:
    card = pki.egk(KVNR, "Erika Mustermann")
    info = read_certificate_info(card.aut.der)
    assert (info.kvnr, info.iknr, info.telematik_id) == (KVNR, card.iknr, None)
    assert info.subject_cn == "Erika Mustermann TEST-ONLY"


def test_admission_has_the_encoding_of_real_cards(pki: Pki) -> None:
    card = pki.hba(telematik_id="1-1-ARZT-Probe01")
    value = card.aut.certificate.extensions.get_extension_for_class(x509.Admissions).value
    encoded = value.public_bytes()
    assert encoded[2:4] == b"\xa4\x24"
    assert b"\x30\x09\x06\x07\x2a\x82\x14\x00\x4c\x04\x1e\x13\x101-1-ARZT-Probe01" in encoded


@pytest.mark.parametrize(
    ("role", "oid"), [("zahnarzt", "31"), ("apotheker", "32"), ("psychotherapeut", "45")]
)
def test_the_role_of_a_hba_decides_its_profession_oid(pki: Pki, role: str, oid: str) -> None:
    card = pki.hba(role=role)
    assert card.profession_oid.endswith(f".{oid}")
    assert read_certificate_info(card.qes.der).profession_oids == (card.profession_oid,)


@pytest.mark.parametrize("role", ["apotheke", "krankenhaus", "kasse", "zahnarztpraxis"])
def test_an_smcb_carries_the_given_telematik_id(pki: Pki, role: str) -> None:
    card = pki.smcb("eine", role=role, telematik_id="9-2-probe")
    assert read_certificate_info(card.aut.der).telematik_id == "9-2-probe"
    assert pki.smcb("andere", role=role).telematik_id != "9-2-probe"


def test_unknown_roles_and_services_are_configuration_errors(pki: Pki) -> None:
    with pytest.raises(ConfigurationError):
        pki.hba(role="zauberer")
    with pytest.raises(ConfigurationError):
        pki.service("fax")


def test_equal_seed_and_day_give_equal_certificates_in_any_order() -> None:
    first, second = make_pki(), make_pki()
    second.egk(KVNR)
    second.smcb()
    assert first.hba().qes.der == second.hba().qes.der
    assert first.tls_server().der == second.tls_server().der
    assert first.ca_chain_pem() == second.ca_chain_pem()
    assert make_pki(8).hba().qes.der != first.hba().qes.der


def test_key_derivation_uses_the_true_group_orders() -> None:
    for curve in (BRAINPOOL, NIST):
        order = _ORDER[curve.name]
        ec.derive_private_key(order - 1, curve)
        with pytest.raises(ValueError, match=r".*"):
            ec.derive_private_key(order, curve)


def test_cards_are_brainpool_and_transport_is_p256(pki: Pki) -> None:
    assert pki.hba().qes.key.curve.name == "brainpoolP256r1"
    assert pki.tls_server().key.curve.name == "secp256r1"
    assert pki.tls_client("pvs").key.curve.name == "secp256r1"
    assert pki.service("epa-vau").key.curve.name == "secp256r1"


def test_no_name_can_be_mistaken_for_gematik(pki: Pki) -> None:
    chain = x509.load_pem_x509_certificates(pki.ca_chain_pem())
    assert len(chain) == 7
    for certificate in chain:
        text = certificate.subject.rfc4514_string()
        assert "CN=MOCK." in text
        assert "TEST-ONLY" in text
        assert "gematik" not in text


def refusal(pki: Pki, der: bytes, kind: CertificateKind | None = None, at: datetime = DAY) -> int:
    with pytest.raises(CertificateProblem) as caught:
        pki.verify(der, kind=kind, at=at)
    return caught.value.code


def reissue(pki: Pki, kind: CertificateKind, **change: object) -> bytes:
    """Re-sign a good certificate of `kind` with one extension changed."""
    good, branch = identities(pki)[kind], PROFILES[kind].branch
    issuer = pki.authorities[branch]
    template = good.certificate
    builder = x509.CertificateBuilder(
        subject_name=template.subject,
        issuer_name=template.issuer,
        public_key=template.public_key(),
        serial_number=template.serial_number,
        not_valid_before=template.not_valid_before_utc.replace(tzinfo=None),
        not_valid_after=template.not_valid_after_utc.replace(tzinfo=None),
    )
    for extension in template.extensions:
        value = change.get(extension.oid.dotted_string, extension.value)
        critical = extension.critical or extension.oid.dotted_string == change.get("critical")
        if value is not None:
            assert isinstance(value, x509.ExtensionType)
            builder = builder.add_extension(value, critical=critical)
    return builder.sign(issuer.key, hashes.SHA256()).public_bytes(Encoding.DER)


QES = CertificateKind.HP_QES
NO_EKU: dict[str, object] = {"2.5.29.37": None}


def test_an_unchanged_reissue_is_accepted(pki: Pki) -> None:
    assert pki.verify(reissue(pki, QES), kind=QES, at=DAY).kind is QES


def test_each_defect_has_its_own_code(pki: Pki) -> None:
    card = pki.hba()
    usage = card.aut.certificate.extensions.get_extension_for_class(x509.KeyUsage).value
    assert refusal(pki, card.aut.der, QES) == 1018
    assert refusal(pki, reissue(pki, QES, **{"2.5.29.32": None})) == 1033
    assert refusal(pki, reissue(pki, QES, **{"1.3.6.1.5.5.7.1.3": None})) == 1048
    assert refusal(pki, reissue(pki, QES, critical="2.5.29.32")) == 1018
    assert refusal(pki, card.qes.der, QES, datetime(2031, 1, 1, tzinfo=UTC)) == 1021
    assert refusal(pki, card.qes.der, QES, datetime(2020, 1, 1, tzinfo=UTC)) == 1021
    assert refusal(pki, reissue(pki, QES, **{"2.5.29.15": usage})) == 1016
    assert refusal(pki, reissue(pki, CertificateKind.HP_AUT, **NO_EKU)) == 1017
    assert refusal(pki, b"\x30\x03\x02\x01\x01") == 1033


def test_foreign_and_forged_certificates_are_refused(pki: Pki) -> None:
    der = pki.hba().qes.der
    assert refusal(pki, make_pki("foreign").hba().qes.der, QES) == 1023
    assert refusal(pki, der[:-1] + bytes([der[-1] ^ 1]), QES) == 1024
    assert refusal(pki, pki.tls_server().der) in (1033, 1027)


def test_a_card_authority_may_not_issue_a_foreign_type(pki: Pki) -> None:
    smcb = pki.smcb().aut.certificate.extensions
    policies = smcb.get_extension_for_class(x509.CertificatePolicies).value
    forged = reissue(pki, CertificateKind.HP_AUT, **{"2.5.29.32": policies})
    assert refusal(pki, forged, CertificateKind.HCI_AUT) == 1061


def test_revocation_counts_from_its_instant() -> None:
    pki = make_pki("revocation")
    card = pki.hba()
    pki.revoke(card.qes.certificate, DAY)
    assert refusal(pki, card.qes.der, QES, DAY) == 1047
    assert pki.verify(card.qes.der, kind=QES, at=DAY - timedelta(seconds=1)).kind is QES
    assert pki.verify(card.qes.der, kind=QES, at=DAY, revocation=False).kind is QES
    assert pki.verify(card.aut.der, kind=None, at=DAY).kind is CertificateKind.HP_AUT


def test_a_tls_handshake_succeeds_with_mutual_authentication(
    pki: Pki, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("tls")
    authority = pki.tls_ca.public_bytes(Encoding.PEM).decode()
    sides = []
    for identity, purpose in (
        (pki.tls_server(), ssl.Purpose.CLIENT_AUTH),
        (pki.tls_client("pvs"), ssl.Purpose.SERVER_AUTH),
    ):
        path = folder / f"{purpose.name}.pem"
        path.write_bytes(
            identity.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
            + identity.certificate.public_bytes(Encoding.PEM)
        )
        context = ssl.create_default_context(purpose, cadata=authority)
        context.verify_flags |= ssl.VERIFY_X509_STRICT
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_cert_chain(path)
        sides.append(context)
    for host in ("localhost", "127.0.0.1", "::1"):
        assert handshake(sides[0], sides[1], host) == "pvs"
    with pytest.raises(ssl.SSLCertVerificationError):
        handshake(sides[0], sides[1], "example.org")


def handshake(server: ssl.SSLContext, client: ssl.SSLContext, host: str) -> str:
    """Run a handshake in memory and return the common name the server saw."""
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    ends = [
        client.wrap_bio(to_client, to_server, server_hostname=host),
        server.wrap_bio(to_server, to_client, server_side=True),
    ]
    for _ in range(6):
        for end in ends:
            try:
                end.do_handshake()
            except ssl.SSLWantReadError:
                continue
    der = ends[1].getpeercert(binary_form=True)
    assert der is not None
    return read_certificate_info(der).subject_cn
