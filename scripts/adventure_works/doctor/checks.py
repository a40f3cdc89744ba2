"""What a check is, and how a list of them is gone through."""

from collections.abc import Callable, Iterator, Sequence
from typing import Literal, NamedTuple

from botocore.exceptions import BotoCoreError, ClientError

from adventure_works.aws import explained
from adventure_works.errors import AdventureError


class NotAskedError(AdventureError):
    """What a check is to find out could not be asked here; nothing is wrong because of that."""


class Check(NamedTuple):
    """One thing to look at.

    `look` gives what it found, in a few words, or raises AdventureError with what is wrong and what to do, or
    NotAskedError with why it cannot be known.
    `needs` names the checks without which looking makes no sense.
    """

    name: str
    look: Callable[[], str]
    needs: tuple[str, ...] = ()


class Finding(NamedTuple):
    """The outcome of a check; `detail` says what was found, what to correct, or what must pass first."""

    name: str
    verdict: Literal["passed", "failed", "skipped"]
    detail: str


def examine(checks: Sequence[Check]) -> Iterator[Finding]:
    """Goes through the checks in order; what needs one that has not passed is skipped."""
    passed: set[str] = set()
    for name, look, needs in checks:
        lacking = [need for need in needs if need not in passed]
        if lacking:
            yield Finding(name, "skipped", f"correct first: {', '.join(lacking)}")
            continue
        try:
            yield Finding(name, "passed", look())
            passed.add(name)
        except NotAskedError as error:
            yield Finding(name, "skipped", str(error))
        except AdventureError as error:
            yield Finding(name, "failed", str(error))
        except (ClientError, BotoCoreError) as error:
            yield Finding(name, "failed", str(explained(error, "could not be looked at")))
