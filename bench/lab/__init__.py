"""Instruments: their models, drivers and profiles, always through PyVISA."""
