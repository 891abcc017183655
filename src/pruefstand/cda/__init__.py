"""CDA R2 headers as letters between physicians carry them (VHitG guide)."""
