"""Findings as one line for a person, German or English, and as an OperationOutcome."""

from __future__ import annotations

from typing import Any, Literal

from pruefstand.fhir.validation.findings import Finding, Result

Language = Literal["de", "en"]

_TEXTS: dict[str, tuple[str, str]] = {
    "syntax": ("kein lesbares FHIR-Dokument", "not a readable FHIR document"),
    "unknown-element": ("unbekanntes Element", "unknown element"),
    "unknown-attribute": ("unbekanntes Attribut", "unknown attribute"),
    "order": ("Element an falscher Stelle", "element out of order"),
    "text": ("Text zwischen den Elementen", "text between elements"),
    "node": ("Verarbeitungsanweisung", "processing instruction"),
    "narrative": ("im Text nicht erlaubtes XHTML", "XHTML not allowed in a narrative"),
    "json": ("falsche JSON-Form", "wrong form in JSON"),
    "duplicate-id": ("id doppelt vergeben", "id used twice in a resource"),
    "empty": ("leeres Element", "empty element"),
    "primitive": ("Wert passt nicht zum Datentyp", "value does not fit its data type"),
    "system": ("system ist keine absolute Adresse", "system is no absolute address"),
    "minimum": ("zu selten vorhanden", "occurs too seldom"),
    "maximum": ("zu oft vorhanden", "occurs too often"),
    "slice-minimum": ("Slice zu selten vorhanden", "slice occurs too seldom"),
    "slice-maximum": ("Slice zu oft vorhanden", "slice occurs too often"),
    "slice-closed": ("passt zu keinem erlaubten Slice", "matches no slice of a closed slicing"),
    "slice-order": ("Slices in falscher Reihenfolge", "slices out of order"),
    "type": ("falscher Datentyp", "wrong type"),
    "fixed": ("anderer Wert als festgelegt", "differs from the fixed value"),
    "pattern": ("passt nicht zum Muster", "does not match the pattern"),
    "length": ("Wert zu lang", "value too long"),
    "range": ("Wert außerhalb der Grenzen", "value out of range"),
    "binding": ("Code nicht im Value Set", "code not in the value set"),
    "binding-unknown": ("Value Set nicht prüfbar", "value set cannot be checked"),
    "code": ("Code nicht im Codesystem", "code not in the code system"),
    "invariant": ("Regel verletzt", "constraint violated"),
    "expression": ("Regel nicht auswertbar", "constraint cannot be evaluated"),
    "rule": ("Regel jenseits des Profils verletzt", "rule beyond the profile violated"),
    "profile": ("unbekanntes oder falsches Profil", "unknown or wrong profile"),
    "profile-extra": ("weiteres Profil angegeben", "additional profile claimed"),
    "profile-mismatch": ("entspricht keinem erlaubten Profil", "matches none of the profiles"),
    "profile-period": ("Profilversion am Stichtag nicht gültig", "profile version not in force"),
    "extension": ("Extension nicht erlaubt", "extension not allowed"),
    "extension-context": ("Extension hier nicht erlaubt", "extension not allowed here"),
    "reference": ("Referenz auf falschen Typ", "reference to a wrong type"),
    "unreachable": (
        "kein Verweis führt von der Composition hierher",
        "no reference leads from the Composition to this entry",
    ),
    "bundle": ("Bundle nicht stimmig", "bundle inconsistent"),
    "full-url": ("fullUrl passt nicht zur id", "fullUrl does not match the id"),
}
_WORDS = {"de": ("Zeile", "erwartet", "gefunden"), "en": ("line", "expected", "found")}
_ISSUE_CODES = {
    "syntax": "structure",
    "invariant": "invariant",
    "binding": "code-invalid",
    "code": "code-invalid",
    "minimum": "required",
    "slice-minimum": "required",
    "extension": "extension",
    "extension-context": "extension",
    "reference": "not-found",
    "profile": "not-supported",
}
_LONGEST = 200


def message(finding: Finding, language: Language = "de") -> str:
    """Return one line: path, line, rule, what is wrong, expected, found."""
    line, expected, found = _WORDS[language]
    parts = [
        f"{finding.path} ({line} {finding.line}): [{finding.rule}] {_summary(finding, language)}"
    ]
    if finding.expected:
        parts.append(f"{expected}: {_short(finding.expected)}")
    if finding.found:
        parts.append(f"{found}: {_short(finding.found)}")
    return "; ".join(parts)


def diagnostics(finding: Finding, profile: str) -> str:
    """Return a finding as the Fachdienst words it in OperationOutcome.issue.diagnostics."""
    text = f"[{finding.rule}] {_summary(finding, 'en')}"
    expected = f", expected {_short(finding.expected)}" if finding.expected else ""
    return f"{finding.path}: {finding.severity}: {text}{expected} (from profile: {profile})"


def _summary(finding: Finding, language: Language) -> str:
    return _TEXTS[finding.kind][0 if language == "de" else 1]


def _short(text: str) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= _LONGEST else flat[: _LONGEST - 1] + "…"


def operation_outcome(result: Result, language: Language = "de") -> dict[str, Any]:
    """Return the findings as a FHIR OperationOutcome in JSON form."""
    issues = [_issue(finding, language) for finding in result.findings]
    done = {"severity": "information", "code": "informational"}
    text = "keine Abweichung" if language == "de" else "no deviation"
    return {
        "resourceType": "OperationOutcome",
        "issue": issues or [{**done, "details": {"text": text}}],
    }


def _issue(finding: Finding, language: Language) -> dict[str, Any]:
    issue: dict[str, Any] = {
        "severity": finding.severity,
        "code": _ISSUE_CODES.get(finding.kind, "invalid"),
        "details": {"text": message(finding, language)},
    }
    if finding.path:
        issue["expression"] = [finding.path]
    return issue
