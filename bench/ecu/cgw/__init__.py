"""The connectivity gateway."""
