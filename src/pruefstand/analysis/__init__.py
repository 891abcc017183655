"""Data frames and plots: the notebooks' API."""
