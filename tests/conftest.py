"""How the laws are tried: the same examples in every run, without a stopwatch. And that Ctrl-C is heeded."""

import signal

from hypothesis import settings

# A shell's background job ignores SIGINT, and so would every bench that a test there starts and interrupts.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# A deadline would measure the machine. The same examples each time, so that a failure belongs to a change and not to
# luck; `pytest --hypothesis-profile=explore` draws new ones.
settings.register_profile("repeatable", deadline=None, derandomize=True)
settings.register_profile("explore", deadline=None, max_examples=1000)
settings.load_profile("repeatable")
