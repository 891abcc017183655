"""The validator: bytes in, findings out; definitions are loaded once per package set."""

from __future__ import annotations

import codecs
import gc
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

from pruefstand.clock import Clock, SystemClock
from pruefstand.fhir.packages.library import Definitions, specs_folder
from pruefstand.fhir.packages.sets import SETS, PackageSet, set_for
from pruefstand.fhir.path.tree import Node
from pruefstand.fhir.syntax import FhirSyntaxProblem
from pruefstand.fhir.validation.catalogue import Catalogue
from pruefstand.fhir.validation.findings import Finding, Result
from pruefstand.fhir.validation.policy import in_force, is_dated, reference_day
from pruefstand.fhir.validation.reader import Source
from pruefstand.fhir.validation.references import check_bundle
from pruefstand.fhir.validation.terminology import Terminology
from pruefstand.fhir.validation.walk import Walk
from pruefstand.fhir.validation.xml_source import XmlSource

_JSON = re.compile(rb"\s*[{\[]")


class Validator:
    """Validates FHIR documents against the official packages found below `specs`."""

    def __init__(
        self,
        specs: Path | None = None,
        *,
        cache: Path | None = None,
        clock: Clock | None = None,
    ) -> None:
        self._specs = specs or specs_folder()
        self._cache = cache
        self._clock = clock or SystemClock()
        self._engines: dict[PackageSet, tuple[Catalogue, Terminology]] = {}

    def validate(
        self, data: bytes, *, profile: str | None = None, as_of: date | None = None
    ) -> Result:
        """Return the findings of a document; raises MissingPackage when nothing can be decided.

        `profile` (`address|version`) replaces the choice by `meta.profile`; `as_of` is the
        calendar day on which the profile version must be in force.
        """
        with _uncollected():
            return self._judge(data, profile, as_of)

    def _judge(self, data: bytes, profile: str | None, as_of: date | None) -> Result:
        try:
            source = source_of(data)
        except FhirSyntaxProblem as problem:
            return Result("", (_syntax(problem),))
        claims = [profile] if profile else source.claims()
        packages = set_for(claims)
        if packages is None:
            return Result("", (_no_known_profile(claims),))
        chosen = next(c for c in claims if packages.serves(c))
        return self._validate(source, packages, chosen, as_of)

    def engine(self, packages: PackageSet) -> tuple[Catalogue, Terminology]:
        """Return the compiled definitions of a package set, loaded at the first call."""
        if packages not in self._engines:
            definitions = Definitions.of(packages, self._specs, self._cache)
            self._engines[packages] = Catalogue(definitions), Terminology(definitions)
        return self._engines[packages]

    def _validate(
        self, source: Source, packages: PackageSet, profile: str, as_of: date | None
    ) -> Result:
        catalogue, terminology = self.engine(packages)
        findings: list[Finding] = []
        try:
            root = source.read(catalogue, findings.append)
        except FhirSyntaxProblem as problem:
            return Result(profile, (*findings, _syntax(problem)))
        walk = Walk(catalogue, terminology, root, self._clock, packages)
        walk.check_resource(root, [profile.partition("|")[0]])
        if root.type == "Bundle":
            check_bundle(walk, root)
        _check_period(walk, root, packages, profile, as_of)
        root.dissolve()
        return Result(profile, tuple(dict.fromkeys([*findings, *walk.findings])))


@contextmanager
def _uncollected() -> Iterator[None]:
    # Tree and definitions live until the verdict: searching them for garbage finds none.
    if not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def is_json(data: bytes) -> bool:
    """Return whether a document begins like JSON; any other is taken for XML."""
    return _JSON.match(data) is not None


def source_of(data: bytes) -> Source:
    """Return a document in JSON, if it begins like that, or XML; raises FhirSyntaxProblem.

    Like the oracle, and as KBV demands of sick notes, no byte order mark may stand before it.
    """
    if data.startswith(codecs.BOM_UTF8):
        raise FhirSyntaxProblem("Byte Order Mark vor dem Dokument")
    if not is_json(data):
        return XmlSource(data)
    from pruefstand.fhir.validation.json_source import JsonSource

    return JsonSource(data)


def _check_period(
    walk: Walk, root: Node, packages: PackageSet, profile: str, as_of: date | None
) -> None:
    day = as_of or reference_day(root, packages, walk)
    if day is None and is_dated(root, packages):
        walk.report("profile-period", root, found=profile, expected="Datum")
    elif day is not None and not in_force(packages, day):
        walk.report("profile-period", root, found=profile, expected=day.isoformat())


def _no_known_profile(claims: list[str]) -> Finding:
    found = ", ".join(claims) or "–"
    return Finding("profile", "profile", "fatal", "", 1, _known_profiles(), found)


def _known_profiles() -> str:
    return ", ".join(f"{p}…|{one.version}" for one in SETS for p in one.profiles)


def _syntax(problem: FhirSyntaxProblem) -> Finding:
    return Finding(
        "syntax", "syntax", "fatal", "", problem.line, found=problem.text, column=problem.column
    )
