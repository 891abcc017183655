"""Paper: the token sheet a patient takes to the pharmacy."""
