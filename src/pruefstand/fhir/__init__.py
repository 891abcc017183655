"""FHIR documents: build, read, adapt."""
