"""Virtual ECUs: one folder each; none imports another."""
