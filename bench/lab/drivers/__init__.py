"""Drivers: what the bench says to an instrument, as declared lines of its dialect."""
