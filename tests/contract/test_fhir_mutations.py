"""Single mutations of valid documents, generated from the profiles: the finding names the place."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass

from lxml import etree

from pruefstand.fhir.packages.sets import set_for
from pruefstand.fhir.validation.catalogue import Catalogue
from pruefstand.fhir.validation.elements import Element, Profile
from pruefstand.fhir.validation.terminology import Terminology
from pruefstand.fhir.xml import NAMESPACE, safe_parse
from tests.contract.fhir_examples import files, specs, validator

SOURCES = (
    "KBV_PR_ERP_Bundle/1.4.1/valid",
    "KBV_PR_ERP_Bundle/1.3.3/valid/kbv",
    "KBV_PR_EAU_Bundle/1.2.1/valid",
)
DOCUMENTS_EACH = 2
Q = f"{{{NAMESPACE}}}"


@dataclass(frozen=True, slots=True)
class Mutation:
    """A changed document, and the place a finding must name."""

    kind: str
    place: str
    data: bytes


def place_of(node: etree._Element) -> str:
    """Return the path of an XML element as findings write it, without indices."""
    names: list[str] = []
    current: etree._Element | None = node
    while current is not None:
        names.append(etree.QName(current).localname)
        current = current.getparent()
    names.reverse()
    shown = [n for i, n in enumerate(names) if i == 0 or not n[0].isupper()]
    return ".".join(shown)


def resources(root: etree._Element) -> Iterator[tuple[etree._Element, str]]:
    """Yield every resource of a bundle with the profile it claims."""
    for node in (root, *root.iterfind(f"{Q}entry/{Q}resource/*")):
        claim = node.find(f"{Q}meta/{Q}profile")
        if claim is not None:
            yield node, claim.get("value", "").partition("|")[0]


def elements(profile: Profile) -> Iterator[tuple[Element, str]]:
    """Yield unsliced elements with their path below the resource."""
    for identifier, element in profile.by_id.items():
        if "." in identifier and ":" not in identifier and "[x]" not in identifier:
            yield element, identifier.partition(".")[2]


def found(resource: etree._Element, path: str) -> list[etree._Element]:
    """Return the XML elements at `path` below `resource`."""
    return list(resource.iterfind("/".join(Q + name for name in path.split("."))))


def mutants(
    resource: etree._Element, element: Element, path: str, terms: Terminology
) -> Iterator[tuple[str, str]]:
    """Apply each mutation that `element` allows, yield its kind and place, and undo it."""
    for node in found(resource, path)[:1]:
        parent = node.getparent()
        assert parent is not None
        siblings = parent.findall(node.tag)
        if element.minimum == 1 and len(siblings) == 1 and len(parent) > 1:
            index = parent.index(node)
            parent.remove(node)
            yield "missing", f"{place_of(parent)}.{element.name}"
            parent.insert(index, node)
        if element.maximum == 1 and len(siblings) == 1:
            double = deepcopy(node)
            node.addnext(double)
            yield "doubled", f"{place_of(parent)}.{element.name}"
            parent.remove(double)
        yield from altered(node, element, terms)


def altered(
    node: etree._Element, element: Element, terms: Terminology
) -> Iterator[tuple[str, str]]:
    """Change the value of a primitive against its definition."""
    value = node.get("value")
    if value is None:
        return
    wrong: dict[str, str] = {}
    if element.constant and isinstance(element.fixed or element.pattern, str):
        wrong["constant"] = "urn:falsch"
    if element.max_length:
        wrong["length"] = "x" * (element.max_length + 1)
    expansion = terms.expansion(element.value_set) if element.value_set else None
    if expansion is not None and expansion.contains(None, "falsch") is False:
        wrong["code"] = "falsch"
    if element.name == "reference":
        wrong["reference"] = ""
    for kind, text in wrong.items():
        node.set("value", text)
        yield kind, place_of(node)
        node.set("value", value)


def mutations(data: bytes) -> Iterator[Mutation]:
    """Yield all mutations of one document."""
    root = safe_parse(data)
    claims = [profile for _, profile in resources(root)]
    claim = root.find(f"{Q}meta/{Q}profile")
    packages = set_for([claim.get("value", "")] if claim is not None else claims)
    assert packages is not None
    catalogue, terms = validator().engine(packages)
    for resource, url in resources(root):
        for element, path in elements(known(catalogue, url)):
            for kind, place in mutants(resource, element, path, terms):
                yield Mutation(kind, place, etree.tostring(root))


def known(catalogue: Catalogue, url: str) -> Profile:
    """Return the profile at `url`."""
    profile = catalogue.profile(url)
    assert profile is not None
    return profile


def names(mutation: Mutation) -> bool:
    """Return whether a refusing finding names the mutated place."""
    result = validator().validate(mutation.data)
    places = {re.sub(r"\[\d+\]|:[^.]+", "", finding.path) for finding in result.errors}
    if mutation.place.endswith((".meta", ".meta.profile")):
        # Without its claim a resource is no longer known by its profile: the entry is refused.
        return any(mutation.place.startswith(place) for place in places)
    return mutation.place in places


def test_each_mutation_is_found_where_it_is() -> None:
    specs()
    kinds: Counter[str] = Counter()
    missed: list[str] = []
    for source in SOURCES:
        for path in files("valid", source)[:DOCUMENTS_EACH]:
            for mutation in mutations(path.read_bytes()):
                kinds[mutation.kind] += 1
                if not names(mutation):
                    missed.append(f"{path.stem}: {mutation.kind} {mutation.place}")
    assert kinds.total() >= 300, kinds
    assert missed == [], f"{len(missed)} of {kinds}: " + "\n".join(missed[:40])


def test_the_unchanged_document_has_no_finding_to_name() -> None:
    specs()
    for source in SOURCES:
        data = files("valid", source)[0].read_bytes()
        assert validator().validate(etree.tostring(safe_parse(data))).valid
