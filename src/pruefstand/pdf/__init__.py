"""PDF/A: set by Typst, and read back whoever made it."""
