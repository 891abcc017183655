"""One validation: the instance against its profiles, each (node, profile) pair once."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from pruefstand.clock import BERLIN, Clock
from pruefstand.fhir.packages.sets import PackageSet
from pruefstand.fhir.path import Focus, Step
from pruefstand.fhir.path.tree import PRIMITIVES, Node
from pruefstand.fhir.validation.catalogue import Catalogue
from pruefstand.fhir.validation.elements import STRUCTURE, Element, Invariant, TypeReference
from pruefstand.fhir.validation.extensions import check_extension
from pruefstand.fhir.validation.findings import Finding, Severity
from pruefstand.fhir.validation.plan import ANY_RESOURCE, duty_of, plan_of
from pruefstand.fhir.validation.references import ReferenceIndex, check_reference
from pruefstand.fhir.validation.slicing import check_sliced
from pruefstand.fhir.validation.terminology import Terminology

_BACKBONE = ("", "BackboneElement", "Element")


class Walk:
    """The state of one validation; also the services FHIRPath asks for."""

    def __init__(
        self,
        catalogue: Catalogue,
        terminology: Terminology,
        root: Node,
        clock: Clock,
        packages: PackageSet,
    ) -> None:
        self.catalogue = catalogue
        self.terminology = terminology
        self.packages = packages
        self.findings: list[Finding] = []
        self._root = root
        self._clock = clock
        self._references = ReferenceIndex(root)
        self._results: dict[tuple[int, str], list[Finding]] = {}

    # Services of FHIRPath and of the slicing criteria

    def resolve(self, item: Any) -> Node | None:
        """Return the resource in this document that `item` points to."""
        return self._references.resolve(item)

    def target(self, reference: Node) -> Node | None:
        """Return the resource in this document that a Reference strictly leads to."""
        return self._references.resolve(reference, strictly=True)

    def linked(self, resource: Node, address: str) -> Node | None:
        """Return the resource of this document that `address` in an entry leads to."""
        return self._references.linked(resource, address)

    @property
    def in_bundle(self) -> bool:
        """Whether the document is a bundle."""
        return self._root.type == "Bundle"

    def now(self) -> datetime:
        """Return the time in Germany."""
        return self._clock.now().astimezone(BERLIN)

    def conforms_to(self, node: Node, profile: str) -> bool:
        """Return whether `node` conforms to `profile`, found out aside from the findings."""
        definition = self.catalogue.profile(profile)
        if definition is None:
            return False
        if not definition.constrains and self.catalogue.is_base(definition.url):
            return definition.type in (node.type, *ANY_RESOURCE, "Element")
        if definition.type not in (node.type, *ANY_RESOURCE):
            return False
        return not any(finding.refuses for finding in self._result(node, definition.url))

    def member_of(self, node: Node, value_set: str) -> bool:
        """Return whether the code in `node` is in `value_set`, as far as that is known."""
        return self.terminology.holds(value_set, node) is not False

    def holds_code(self, value_set: str, node: Node) -> bool:
        """Return whether the code in `node` is certainly in `value_set`."""
        return self.terminology.holds(value_set, node) is True

    def items_at(self, node: Node, step: Step) -> list[Any]:
        """Return what a discriminator path finds from `node`."""
        return step([node], Focus(node.resource, self._root, node, self))

    # Findings

    def report(
        self,
        kind: str,
        node: Node,
        element: Element | None = None,
        *,
        rule: str = "",
        severity: Severity = "error",
        expected: str = "",
        found: str = "",
    ) -> None:
        """Note a finding at `node`."""
        name = element.id if element else ""
        self.findings.append(
            Finding(
                kind,
                rule or kind,
                severity,
                node.path,
                node.line,
                expected,
                found,
                name,
                node.column,
            )
        )

    def report_count(self, kind: str, owner: Node, element: Element, count: int) -> None:
        """Note that an element occurs too seldom or too often below `owner`."""
        least = "minimum" in kind
        expected = f"≥ {element.minimum}" if least else f"≤ {element.maximum}"
        path = f"{owner.path}.{element.name}"
        if element.slice_name:
            path = f"{path}:{element.slice_name}"
        self.findings.append(
            Finding(
                kind,
                kind,
                "error",
                path,
                owner.line,
                expected,
                str(count),
                element.id,
                owner.column,
            )
        )

    def report_unevaluated(self, node: Node, invariant: Invariant, reason: str) -> None:
        """Note that an invariant could not be evaluated here."""
        self.report("expression", node, rule=invariant.key, severity="warning", found=reason)

    # Structure

    def check_resource(self, node: Node, demanded: Iterable[str] = ()) -> None:
        """Check a resource against the profiles it claims and those demanded."""
        profiles: list[str] = []
        for claim in node.profiles():
            url, _, version = claim.partition("|")
            profile = self.catalogue.profile(url)
            if profile is None or not profile.has_version(version):
                known = profile.version if profile else ""
                self.report("profile", node, expected=known, found=claim)
            else:
                profiles.append(url)
        profiles.extend(url for url in demanded if url not in profiles)
        for url in profiles or [STRUCTURE + node.type]:
            profile = self.catalogue.profile(url)
            if profile is None or profile.type != node.type:
                expected = profile.type if profile else ""
                self.report("profile", node, expected=expected, found=f"{node.type}: {url}")
            else:
                self.check_profile(node, url)

    def check_profile(self, node: Node, url: str) -> None:
        """Check `node` against a known profile; findings of an earlier check are taken over."""
        self.findings.extend(self._result(node, url))

    def _result(self, node: Node, url: str) -> list[Finding]:
        key = (id(node), url)
        known = self._results.get(key)
        if known is not None:
            return known
        self._results[key] = []
        profile = self.catalogue.profile(url)
        outer, self.findings = self.findings, []
        try:
            if profile is not None:
                self._check(node, profile.root)
        finally:
            found, self.findings = self.findings, outer
        self._results[key] = found
        return found

    def check_children(self, node: Node, element: Element) -> None:
        """Check the children of `node` against those of `element`."""
        if not element.children:
            return
        plan = plan_of(element)
        children = node.children
        if plan.repeated or not plan.needed <= children.keys():
            self._check_required(node, plan.required)
        for one in plan.required_slices:
            if one.name not in children:
                for part in one.slices:
                    if part.minimum:
                        self.report_count("slice-minimum", node, part, 0)
        by_name = plan.by_name
        for name, nodes in children.items():
            for one, sliced in by_name.get(name, ()):
                if len(nodes) > one.maximum:
                    self.report_count("maximum", node, one, len(nodes))
                if sliced:
                    check_sliced(self, node, nodes, one)
                else:
                    for child in nodes:
                        self.check_child(child, one)

    def _check_required(self, node: Node, required: list[Element]) -> None:
        for one in required:
            count = len(node.children.get(one.name, ()))
            if count < one.minimum and not (one.name == "value" and node.type in PRIMITIVES):
                self.report_count("minimum", node, one, count)

    def check_child(self, node: Node, element: Element) -> None:
        """Check `node` against the definition that stands for it in its parent's profile."""
        duty = duty_of(element, node)
        if duty.refused:
            expected = ", ".join(t.code for t in element.types)
            self.report("type", node, element, expected=expected, found=node.type)
            return
        for check in duty.checks:
            check(self, node)
        if duty.final and not node.ordered:
            return
        if node.resource is node:
            self._check_inner_resource(node, duty.types)
        else:
            self._check_type(node, element, duty.profiles)
        self.check_children(node, element)
        if node.type == "Reference":
            check_reference(self, node, duty.types)

    def _check(self, node: Node, element: Element) -> None:
        for check in duty_of(element, node).checks:
            check(self, node)
        self.check_children(node, element)

    def _check_inner_resource(self, node: Node, types: list[TypeReference]) -> None:
        self.check_resource(node)
        base = (STRUCTURE + "Resource", STRUCTURE + node.type)
        wanted = [p for t in types for p in t.profiles if p not in base]
        claimed = {p.partition("|")[0] for p in node.profiles()}
        if wanted and claimed.isdisjoint(wanted) and not self._conforms_to_any(node, wanted):
            names = ", ".join(p.rpartition("/")[2] for p in wanted)
            self.report("profile-mismatch", node, expected=names, found=", ".join(claimed))

    def _conforms_to_any(self, node: Node, profiles: list[str]) -> bool:
        known = (self.catalogue.profile(url) for url in profiles)
        return any(p.type == node.type and self.conforms_to(node, p.url) for p in known if p)

    def _check_type(self, node: Node, element: Element, profiles: list[str]) -> None:
        if node.type == "Extension":
            check_extension(self, node, profiles, element)
        elif len(profiles) == 1:
            if self.catalogue.profile(profiles[0]) is None:
                self.report("profile", node, element, found=profiles[0])
            else:
                self.check_profile(node, profiles[0])
        elif profiles:
            if not any(self.conforms_to(node, profile) for profile in profiles):
                expected = ", ".join(p.rpartition("/")[2] for p in profiles)
                self.report("profile-mismatch", node, element, expected=expected)
        elif not element.children:
            self._check_plain_type(node, element)
        else:
            self._check_type_rules(node)

    def _check_type_rules(self, node: Node) -> None:
        """Check the rules of the data type, which a profile's own children do not repeat."""
        base = self.catalogue.profile(STRUCTURE + node.type) if node.type not in _BACKBONE else None
        if base is not None:
            for rule in duty_of(base.root, node).rules:
                rule(self, node)

    def _of_type(self, identifier: str) -> Element | None:
        base = self.catalogue.profile(STRUCTURE + identifier.partition(".")[0])
        return base.by_id.get(identifier) if base is not None else None

    def _check_plain_type(self, node: Node, element: Element) -> None:
        if element.reference:
            target = element.target or self._of_type(element.reference.rpartition("#")[2])
            if target is not None:
                self._check(node, target)
        elif node.type not in _BACKBONE and not (node.type in PRIMITIVES and not node.ordered):
            self.check_profile(node, STRUCTURE + node.type)
