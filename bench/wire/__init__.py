"""Frames in motion: buses, restbus and faults."""
