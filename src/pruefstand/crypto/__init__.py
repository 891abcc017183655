"""Cryptography of the Telematikinfrastruktur on top of `cryptography` and `asn1crypto`."""
