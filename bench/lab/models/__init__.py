"""Models of instruments: each is a function of what was written to it and of what hangs on its terminals."""
