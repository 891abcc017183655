"""Use cases of practice and pharmacy; they know no I/O."""
