"""Rules beyond profiles: named, with their requirement, pure functions over a document."""
