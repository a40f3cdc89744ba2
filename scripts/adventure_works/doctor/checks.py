"""What a check is, and how a list of them is gone through."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum

from botocore.exceptions import BotoCoreError, ClientError

from adventure_works.aws import explained
from adventure_works.errors import AdventureError


class Verdict(Enum):
    """How a check ended."""

    PASSED = "passed"
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclass(frozen=True)
class Check:
    """One thing to look at.

    `look` gives what it found, in a few words, or raises AdventureError with what is wrong and what to do.
    `needs` names the checks without which looking makes no sense.
    """

    name: str
    look: Callable[[], str]
    needs: tuple[str, ...] = ()


@dataclass(frozen=True)
class Finding:
    """The outcome of a check; `detail` says what was found, what to correct, or what must pass first."""

    name: str
    verdict: Verdict
    detail: str


def examine(checks: Sequence[Check]) -> Iterator[Finding]:
    """Goes through the checks in order; what needs one that has not passed is skipped."""
    passed: set[str] = set()
    for check in checks:
        lacking = [name for name in check.needs if name not in passed]
        if lacking:
            yield Finding(check.name, Verdict.SKIPPED, f"correct first: {', '.join(lacking)}")
            continue
        try:
            detail = check.look()
        except AdventureError as error:
            yield Finding(check.name, Verdict.FAILED, str(error))
        except (ClientError, BotoCoreError) as error:
            yield Finding(check.name, Verdict.FAILED, str(explained(error, "could not be looked at")))
        else:
            passed.add(check.name)
            yield Finding(check.name, Verdict.PASSED, detail)
