"""KIM messages as values: addresses, user names, mails, receipts, references to large mail."""
