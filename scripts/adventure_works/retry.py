"""Requests to the servers of others: what may pass is tried again, and failures are in words without URL and token.

What the network libraries and a server say may contain a token, a webhook or a signed URL, and is never repeated.
"""

import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TypeVar

import requests
import urllib3
from tenacity import RetryCallState, Retrying, retry_if_exception, stop_after_attempt, wait_exponential, wait_random

RETRIED_STATUSES = {408, 429, *range(500, 600)}

# At level DEBUG urllib3 logs every path with its query.
logging.getLogger("urllib3.connectionpool").addFilter(lambda record: record.levelno > logging.DEBUG)

Result = TypeVar("Result")


@dataclass(frozen=True)
class Patience:
    """How long to wait, in seconds, and how often to try.

    `longest_wait` bounds the pause between two attempts, also where the server asks for a longer one.
    """

    connect: float = 10
    read: float = 60
    attempts: int = 5
    first_wait: float = 1
    longest_wait: float = 60


class FailedError(Exception):
    """An attempt failed. `again`: another may succeed. `wait`: the seconds that the server asks for."""

    def __init__(self, cause: str, *, again: bool = True, wait: float = 0) -> None:
        """The cause completes a sentence, and contains no secret."""
        super().__init__(cause)
        self.again, self.wait = again, wait


def tried(
    action: Callable[[], Result], patience: Patience, announce: Callable[[str], None] = lambda message: None
) -> Result:
    """The result of `action`, attempted until it works, fails for good, or patience ends.

    Raises:
        FailedError: the failure of the last attempt.
    """
    # Partly random, so that many clients turned away together do not come back together.
    backoff = wait_exponential(multiplier=patience.first_wait) + wait_random(0, patience.first_wait)

    def pause(state: RetryCallState) -> float:
        return min(max(backoff(state), _failure(state).wait), patience.longest_wait)

    def announce_failure(state: RetryCallState) -> None:
        attempt = f"Attempt {state.attempt_number} of {patience.attempts}: {_failure(state)}"
        announce(f"{attempt}; trying again in {state.upcoming_sleep:.1f} s")

    return Retrying(
        retry=retry_if_exception(lambda error: isinstance(error, FailedError) and error.again),
        stop=stop_after_attempt(patience.attempts),
        wait=pause,
        before_sleep=announce_failure,
        reraise=True,
    )(action)


def _failure(state: RetryCallState) -> FailedError:
    failure = state.outcome and state.outcome.exception()
    assert isinstance(failure, FailedError)
    return failure


@contextmanager
def failures_in_words(refusals: Mapping[int, str] | None = None) -> Iterator[None]:
    """Turns what the network libraries raise into FailedError; `refusals` says what a status means."""
    try:
        yield
    except requests.HTTPError as error:
        status, wait = error.response.status_code, 0.0
        with suppress(urllib3.exceptions.InvalidHeader):
            wait = urllib3.Retry().parse_retry_after(error.response.headers.get("Retry-After", ""))
        again = status in RETRIED_STATUSES
        meaning = (refusals or {}).get(status, "the server cannot answer now" if again else "the request is refused")
        raise FailedError(f"{meaning} (status {status})", again=again, wait=wait) from None
    except requests.exceptions.InvalidProxyURL:
        raise FailedError("the address of the proxy is not valid", again=False) from None
    except (requests.exceptions.InvalidURL, requests.exceptions.InvalidSchema, requests.exceptions.MissingSchema):
        raise FailedError("the address is not valid", again=False) from None
    except (requests.exceptions.SSLError, urllib3.exceptions.SSLError):
        raise FailedError("the TLS certificate or connection was not accepted") from None
    except (requests.Timeout, urllib3.exceptions.TimeoutError):
        raise FailedError("no answer came in time") from None
    except (ValueError, TypeError):  # a reply that is not JSON, or other JSON
        raise FailedError("the reply is not one that can be read") from None
    except (requests.RequestException, urllib3.exceptions.HTTPError):
        raise FailedError("the connection failed or was cut off") from None
