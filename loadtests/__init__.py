"""Load generators: the acceptance flows under open arrivals."""
