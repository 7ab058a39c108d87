"""Joining the parts and letting them run: the only place where buses, ECUs, plant and scenario meet."""
