"""Verdicts from the recorded trace alone: nothing in here moves, waits, reads or writes."""
