"""The scenario language: a file is read, every name looked up; a Plan comes out, or all that is wrong with it."""
