"""LDAPv3 on the wire, as far as a directory that is only read needs it (RFC 4511, 4515)."""
