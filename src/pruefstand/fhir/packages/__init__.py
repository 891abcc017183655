"""FHIR packages: archives, what belongs together, and definitions by canonical address."""
