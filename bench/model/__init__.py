"""Frozen nouns that every room speaks in; standard library only."""
