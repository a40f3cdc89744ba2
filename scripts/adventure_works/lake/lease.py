"""A lease on S3: one run at a time works on a warehouse, and each has a higher number than all before it.

The object `runs/<warehouse>/lease.json` below the lake says who holds it. Each write of it has the condition that
nobody else has written it since. A thread renews it while the work goes on; it is taken over only when it was not
renewed in time, so that nothing has to be cleaned up after a process or a machine that died. S3's own clock measures
that time: from when the object was written to when it is read.

A holder that was held up can find that its lease was taken over. The numbers tell the two apart: Redshift takes note of
them, and refuses the lower one (`warehouse/redshift_versions.py`).
"""

import getpass
import json
import os
import socket
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from adventure_works import aws
from adventure_works.errors import AdventureError, HeldError
from adventure_works.lake.s3_write import LostRaceError, Writer

# How long a lease holds that nobody renews, how often it is renewed in that time, and how often a waiting run looks.
SECONDS, RENEWALS, LOOKS = 120.0, 4, 24


@dataclass(frozen=True)
class _Found:
    """What the object says, its ETag, and until when it holds if nobody renews it; None when it does not hold."""

    content: dict[str, Any]
    etag: str
    until: datetime | None

    @property
    def holder(self) -> str:
        """The holder, for a message."""
        return f"{self.content['holder']} (run {self.content['number']}, since {self.content['since']} UTC)"


class Lease:
    """A lease that this process holds: `number` is that of its run, `token` tells it from every other run."""

    def __init__(self, writer: Writer, key: str, subject: str) -> None:
        self.number = 0
        self.token = uuid.uuid4().hex
        self._writer, self._key, self._subject = writer, key, subject
        self._since = f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S}"
        self._etag = ""
        self._writing = threading.Lock()

    def check(self) -> None:
        """Makes sure that this run still holds it, by renewing it.

        Raises:
            AdventureError: another run has taken it over, or S3 cannot be reached.
        """
        self._write(self.number)

    def raise_above(self, number: int) -> None:
        """Takes a number above the newest on Redshift: the lease may have been removed, or the lake replaced."""
        if self.number <= number:
            self._write(number + 1)

    def _take(self, announce: Callable[[str], None], *, wait: bool) -> None:
        has_announced = False
        while True:
            found = self._read()
            if found is None or found.until is None:
                self._etag = found.etag if found else ""
                try:
                    self._put(found.content["number"] + 1 if found else 1)
                    return
                except LostRaceError:
                    continue
            other = f"Another run is at work on {self._subject}: {found.holder}"
            until = f"Its lease runs out at {found.until:%H:%M:%S} UTC unless it is renewed."
            if not wait:
                raise HeldError(f"{other}. {until} Run again when it has finished, or without --no-wait.")
            if not has_announced:
                announce(f"{other}; waiting for it to finish. {until}")
                has_announced = True
            time.sleep(SECONDS / LOOKS)

    def _write(self, number: int) -> None:
        with self._writing:
            try:
                self._put(number)
            except LostRaceError as error:
                found = self._read()
                if found and found.content["token"] == self.token:
                    self._etag = found.etag
                    self._put(number)
                    return
                now = f"{found.holder} has it now" if found else "it was removed"
                raise AdventureError(
                    f"Run {self.number} no longer has the lease on {self._subject}: {now}. It was not renewed for "
                    f"{SECONDS:.0f} seconds, or somebody changed {self._writer.lake.uri(self._key)}. From now "
                    "on this run publishes nothing. Run again."
                ) from error

    def _put(self, number: int, *, is_held: bool = True) -> None:
        now = datetime.now(UTC)
        content = {
            "number": number,
            "holder": f"{_login()}@{socket.gethostname()}, process {os.getpid()}",
            "token": self.token,
            "since": self._since,
            "renewed_at": now.isoformat(),
            "seconds": SECONDS if is_held else 0,
        }
        condition = {"IfMatch": self._etag} if self._etag else {"IfNoneMatch": "*"}
        try:
            self._etag = self._writer.put(self._key, json.dumps(content, indent=1).encode(), **condition)
        except AdventureError:
            # An answer can be lost on its way: the object itself shows whether the write took place.
            found = self._read()
            if found is None or found.content != content:
                raise
            self._etag = found.etag
        self.number = number

    def _read(self) -> _Found | None:
        """The object, None where there is none."""
        uri = self._writer.lake.uri(self._key)
        try:
            answer = self._writer.client.get_object(Bucket=self._writer.lake.bucket, Key=self._key)
            content = json.loads(answer["Body"].read())
            until = answer["LastModified"] + timedelta(seconds=content["seconds"])
            now = parsedate_to_datetime(answer["ResponseMetadata"]["HTTPHeaders"]["date"])
            return _Found(content, answer["ETag"], until if now < until else None)
        except (ClientError, BotoCoreError) as error:
            if aws.code(error) in ("NoSuchKey", "404"):
                return None
            raise aws.explained(error, f"{uri} could not be read") from error
        except (ValueError, KeyError, TypeError) as error:
            raise AdventureError(
                f"{uri}: cannot be read as a lease. If no run is at work, remove it and run again."
            ) from error

    def _renew_until(self, done: threading.Event) -> None:
        while not done.wait(SECONDS / RENEWALS):
            # A renewal that fails is tried again; `check` says what is wrong when it matters.
            with suppress(AdventureError):
                self._write(self.number)

    def _release(self) -> None:
        with suppress(AdventureError), self._writing:
            self._put(self.number, is_held=False)


def _login() -> str:
    """Who runs this; in a container, the number of a user may have no name."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return str(os.getuid())


@contextmanager
def leased(
    writer: Writer, key: str, subject: str, announce: Callable[[str], None], *, wait: bool = True
) -> Iterator[Lease]:
    """Holds the lease in the object of that key until the way out.

    `subject` is what it is for, as a message names it. Where another run has it, `wait` says whether to wait for it or
    to stop.

    Raises:
        HeldError: another run has it.
        AdventureError: S3 cannot be reached.
    """
    lease, done = Lease(writer, key, subject), threading.Event()
    lease._take(announce, wait=wait)
    thread = threading.Thread(target=lease._renew_until, args=(done,), daemon=True)
    thread.start()
    try:
        yield lease
    finally:
        done.set()
        thread.join()
        lease._release()
