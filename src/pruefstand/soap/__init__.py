"""SOAP 1.1 on lxml, with the error format and status elements of gematik."""
