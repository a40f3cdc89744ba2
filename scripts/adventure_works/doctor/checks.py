"""What a check is, and how a list of them is gone through."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum

from botocore.exceptions import BotoCoreError, ClientError

from adventure_works.aws import explained
from adventure_works.errors import AdventureError


class State(Enum):
    """How a check ended."""

    WELL = "well"
    ILL = "ill"
    NOT_LOOKED_AT = "not looked at"


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
    """The outcome of a check; `detail` says what was found, what to correct, or what has to be well first."""

    name: str
    state: State
    detail: str


def examine(checks: Sequence[Check]) -> Iterator[Finding]:
    """Goes through the checks in order; what rests on one that is not well is not looked at."""
    well: set[str] = set()
    for check in checks:
        lacking = [name for name in check.needs if name not in well]
        if lacking:
            yield Finding(check.name, State.NOT_LOOKED_AT, f"correct first: {', '.join(lacking)}")
            continue
        try:
            detail = check.look()
        except AdventureError as error:
            yield Finding(check.name, State.ILL, str(error))
        except (ClientError, BotoCoreError) as error:
            yield Finding(check.name, State.ILL, str(explained(error, "could not be looked at")))
        else:
            well.add(check.name)
            yield Finding(check.name, State.WELL, detail)
