"""Time: paces, the calendar and the kernel. `time.*` lives here only."""
