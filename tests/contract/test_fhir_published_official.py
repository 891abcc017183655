"""Packages as published, without snapshots, lead to the same findings as those with snapshots."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

import pytest

from pruefstand.fhir.packages.archive import resources_in
from pruefstand.fhir.validation import Result, Validator
from tests.contract.fhir_examples import files, key_of, published_specs, specs, validator
from tests.contract.test_fhir_mutations import DOCUMENTS_EACH, SOURCES, mutations

EVERY = 7
"""One of so many mutations: the whole set was compared once, it costs half a minute."""


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Validator:
    """Return a validator on the published packages."""
    specs()
    return Validator(published_specs(tmp_path_factory.mktemp("published")))


def same(left: Result, right: Result) -> bool:
    """Return whether two results say the same."""
    return set(map(key_of, left.findings)) == set(map(key_of, right.findings))


def test_official_packages_are_published_without_snapshots() -> None:
    archive = specs() / "fhir-packages-published" / "kbv.ita.erp-1.4.3.tgz"
    found = [one for one in resources_in(archive) if one["resourceType"] == "StructureDefinition"]
    assert len(found) == 23
    assert not any("snapshot" in one for one in found)


def test_official_examples_get_the_same_findings(published: Validator) -> None:
    paths = [*files("valid"), *files("invalid")]
    assert paths
    different = [
        path.stem
        for path in paths
        if not same(validator().validate(data := path.read_bytes()), published.validate(data))
    ]
    assert different == []


def sampled() -> Iterator[bytes]:
    """Yield a part of the mutations of official documents."""
    for source in SOURCES:
        for path in files("valid", source)[:DOCUMENTS_EACH]:
            for mutation in islice(mutations(path.read_bytes()), 0, None, EVERY):
                yield mutation.data


def test_official_documents_with_a_mutation_get_the_same_findings(published: Validator) -> None:
    specs()
    documents = list(sampled())
    assert len(documents) >= 150
    for data in documents:
        found = validator().validate(data)
        assert not found.valid
        assert same(found, published.validate(data))
