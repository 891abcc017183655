"""FHIRPath: text to syntax tree to closures, compiled once per expression."""

from __future__ import annotations

from pruefstand.fhir.path.compiler import compiled
from pruefstand.fhir.path.focus import Focus, Services, Step
from pruefstand.fhir.path.lexer import FhirPathProblem

__all__ = ["FhirPathProblem", "Focus", "Services", "Step", "compiled"]
