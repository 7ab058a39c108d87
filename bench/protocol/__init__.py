"""Protocols without input or output: they take frames and the time, give results, and tell their next deadline."""
