"""One module a verb: `arguments(parser)` declares what it takes, `run(options)` does it and gives the exit code.

`bench.__main__` imports a verb's module only when that verb is used; what the verb needs is imported by it.
"""
