"""Alerts: a message to a webhook of Slack's form, to a topic of SNS, or to both.

ADVENTURE_ALERT_WEBHOOK is a secret (whoever has it can post): it is never printed. Nothing here raises: an alert that
cannot be sent must not hide what it was about.
"""

from datetime import timedelta
from html import escape
from pathlib import Path

import requests
from botocore.exceptions import BotoCoreError, ClientError

from adventure_works.aws import client, explained
from adventure_works.errors import AdventureError
from adventure_works.monitor.history import Trouble
from adventure_works.monitor.status import Status
from adventure_works.retry import FailedError, Patience, failures_in_words, tried
from adventure_works.settings import Settings, shown
from adventure_works.warehouse.record import Outcome

WEBHOOK, TOPIC = "ADVENTURE_ALERT_WEBHOOK", "ADVENTURE_ALERT_TOPIC_ARN"
PATIENCE = Patience(connect=5, read=10, attempts=3)
MOST_SHOWN = 10
# SNS takes no longer subjects.
LONGEST_SUBJECT = 100


def is_wanted(settings: Settings) -> bool:
    """Whether the settings name anybody to send alerts to."""
    return bool(settings.alert_webhook or settings.alert_topic)


def message(status: Status, log: Path, error: str = "") -> str:
    """The text: what failed, since when, how many rows, and where to look; empty when nothing is wrong.

    `log` is that of dbt, `error` why a run that has just ended failed.
    """
    parts = [f"The run failed: {error}"] if error else []
    if status.failing:
        # The error of a run that has just ended says what its tests say.
        parts.append(_listed(f"{len(status.failing)} failing", status.failing, in_words=not error))
    drifted = [trouble for trouble in status.drifted if not trouble.failed]
    if drifted:
        parts.append(_listed(f"{len(drifted)} drifted from the load before", drifted, in_words=True))
    if status.is_stale:
        limit = _hours(status.max_age)
        parts.append(
            f"The data is stale: the newest load ({status.load_id}) is {_hours(status.age)} old, more than {limit}."
            if status.age is not None
            else "Nothing has been loaded yet."
        )
    if status.is_ahead:
        parts.append(f"The newest load is {status.load_id}: {status.ahead}")
    if not error:
        # A run that has failed says itself what is not published.
        parts += status.unpublished
    if not parts:
        return ""
    where = f"Where to look: adventure status --target {status.target}, and {shown(log)}"
    for state in status.warehouses:
        if state.role == "candidate" and state.record and state.record.outcome == Outcome.FAILED:
            where += f"; the build that failed is kept in {shown(Path(state.place))}, what is published is as it was"
    return "\n".join([f"Adventure Works ({status.target})", *parts, f"{where}."])


def send(settings: Settings, text: str) -> list[str]:
    """Sends a message to everybody that the settings name; returns what went wrong, a sentence each."""
    problems = [
        _to_webhook(settings.alert_webhook, text) if settings.alert_webhook else "",
        _to_topic(settings, text) if settings.alert_topic else "",
    ]
    return [problem for problem in problems if problem]


def _to_webhook(url: str, text: str) -> str:
    """Posts {"text": ...}, again when the server is busy or cannot be reached. Messages leave the URL out."""
    # Slack reads &, < and > as markup.
    body = {"text": escape(text, quote=False)}
    timeout = PATIENCE.connect, PATIENCE.read

    def post() -> None:
        with (
            failures_in_words(),
            requests.post(url, json=body, timeout=timeout, allow_redirects=False, stream=True) as answer,
        ):
            answer.raise_for_status()
            if answer.status_code >= 300:
                raise FailedError(f"it leads elsewhere (status {answer.status_code})", again=False)

    try:
        tried(post, PATIENCE)
    except FailedError as error:
        return f"The alert could not be sent to {WEBHOOK}: {error}. Check the address, and the network."
    return ""


def _to_topic(settings: Settings, text: str) -> str:
    subject = text.partition("\n")[0].encode("ascii", "replace").decode()[:LONGEST_SUBJECT]
    try:
        client("sns", settings).publish(TopicArn=settings.alert_topic, Subject=subject, Message=text)
    except (ClientError, BotoCoreError, AdventureError) as error:
        what = f"The alert could not be sent to {TOPIC}"
        return f"{what}: {error}" if isinstance(error, AdventureError) else str(explained(error, what))
    return ""


def _listed(heading: str, troubles: list[Trouble], *, in_words: bool) -> str:
    lines = [f"{heading}:"]
    for trouble in troubles[:MOST_SHOWN]:
        rows = f", {trouble.rows:,} rows" if trouble.rows else ""
        table = f" in {trouble.table.replace(chr(34), '')}" if trouble.rows and trouble.table else ""
        lines.append(f"- {trouble.name} ({trouble.kind}) since {trouble.since:%Y-%m-%d %H:%M} UTC{rows}{table}")
        lines += [f"  {line}" for line in trouble.said if in_words]
    if len(troubles) > MOST_SHOWN:
        lines.append(f"- ... and {len(troubles) - MOST_SHOWN} more")
    return "\n".join(lines)


def _hours(span: timedelta) -> str:
    return f"{span / timedelta(hours=1):,.0f} hours"
