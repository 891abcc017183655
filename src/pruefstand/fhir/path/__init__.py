"""FHIRPath: text to syntax tree to closures, compiled once per expression."""

from __future__ import annotations

from pruefstand.fhir.path.compiler import compiled, compiled_rule
from pruefstand.fhir.path.focus import Focus, Services, Step, Test
from pruefstand.fhir.path.lexer import FhirPathProblem

__all__ = ["FhirPathProblem", "Focus", "Services", "Step", "Test", "compiled", "compiled_rule"]
