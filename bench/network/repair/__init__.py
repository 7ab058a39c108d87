"""Mending DBC files: small functions from statements to statements, each with the list of what it changed."""
