"""How long a test waits: until something is so, and never for a time that a busy machine would make too short."""

import time
from collections.abc import Callable

# Seconds after which a command, a server or a wait counts as stuck: many times what any takes.
TIMEOUT = 1800


def wait_until(condition: Callable[[], object]) -> None:
    """Returns when the condition is true."""
    deadline = time.monotonic() + TIMEOUT
    while not condition():
        assert time.monotonic() < deadline, f"not so after {TIMEOUT} s"
        time.sleep(0.02)
