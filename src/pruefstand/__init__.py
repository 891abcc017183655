"""pruefstand: compliance and load-test harness for the digital side of a medical practice."""

__version__ = "0.1.0"
