"""A hardware-in-the-loop test bench in simulated time."""

__version__ = "0.1.0"
