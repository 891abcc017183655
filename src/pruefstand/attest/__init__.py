"""Attestation by people: what is to confirm in a campaign, on paper, by command and in a page."""
