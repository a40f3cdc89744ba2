"""Every setting of the project: environment variable, default, meaning. The command line reads them once.

A variable that is empty counts as not set. dbt reads its own part of the environment (profiles.yml, `env_var`);
tests/python/test_settings.py holds the defaults of the two together.
"""

# ruff: noqa: RUF009 - `_setting` is a `field` with its variable.

import hashlib
import re
import shlex
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from adventure_works.errors import AdventureError

PROJECT = Path(__file__).resolve().parents[2]

# How old the newest load may be: a nightly load, and half a day for repairing one.
MAX_AGE_HOURS = 36.0

# Letters that COPY, Athena and a shell take as they are.
BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
FOLDER = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


@dataclass(frozen=True)
class S3Place:
    """A lake on S3: every object of it lies below `prefix`, which may be empty, in `bucket`."""

    bucket: str
    prefix: str

    def __str__(self) -> str:
        """The place, as a user would type it."""
        return "/".join(part for part in ("s3:/", self.bucket, self.prefix) if part)

    def key(self, *parts: str) -> str:
        """The key of the object at that place below the prefix."""
        return "/".join(part for part in (self.prefix, *parts) if part)

    def uri(self, key: str) -> str:
        """An object of the bucket, by its key, as a user would type it."""
        return f"s3://{self.bucket}/{key}"


@dataclass(frozen=True)
class Variable:
    """An environment variable; the value of a secret one is never shown."""

    name: str
    default: str
    help: str
    secret: bool = False


def _path(name: str, value: str) -> Path:
    """A path of the user's is relative to the current folder, a default to the project."""
    return Path(value).absolute()


def _lake(name: str, value: str) -> Path | S3Place:
    if not value.startswith("s3://"):
        return _path(name, value)
    bucket, *folders = value.removeprefix("s3://").rstrip("/").split("/")
    if not BUCKET.fullmatch(bucket) or not all(map(FOLDER.fullmatch, folders)):
        raise AdventureError(
            f"{name} is {value}, which is not of the form s3://bucket/prefix. Use a bucket's name, and letters, "
            "digits, hyphens, dots and underscores for the folders below it."
        )
    return S3Place(bucket, "/".join(folders))


def _matching(pattern: str, hint: str) -> Callable[[str, str], str]:
    """Checks that a value is of that form."""

    def read(name: str, value: str) -> str:
        if not re.fullmatch(pattern, value):
            raise AdventureError(f"{name} is {value!r}{hint}")
        return value

    return read


NAME_HINT = ", which is not a plain name. Use lower-case letters, digits and underscores."
# Redshift takes names of 127 bytes; the longest of a warehouse is this and `_v12345_intermediate`.
_schema = _matching(r"[a-z_][a-z0-9_]{0,99}", NAME_HINT)
_glue_database = _matching(r"[a-z0-9][a-z0-9_]{0,254}", NAME_HINT)
_role = _matching(
    r"default|arn:aws[a-z-]*:iam::[0-9]{12}:role/[A-Za-z0-9+=,.@_/-]+",
    ". Set it to the ARN of a role (arn:aws:iam::123456789012:role/name), or unset it to use the namespace's default "
    "role.",
)
# UNLOAD takes the id of a key, which an alias does not give.
_kms_key = _matching(
    r"(arn:aws[a-z-]*:kms:[a-z0-9-]+:[0-9]{12}:key/[A-Za-z0-9-]+)?",
    ", which is not the ARN of a key. Set it to one (arn:aws:kms:eu-central-1:123456789012:key/...), not to that of an "
    "alias: `aws kms describe-key --key-id ... --query KeyMetadata.Arn` shows it.",
)
_log_level = _matching("debug|info|warn|error|none", ". Set it to debug, info, warn, error or none.")


def _number(name: str, value: str) -> int:
    if not re.fullmatch(r"[1-9][0-9]{0,3}", value):
        raise AdventureError(f"{name} is {value}. Give a whole number from 1 to 9999.")
    return int(value)


def _text(name: str, value: str) -> str:
    return value


def _setting(
    name: str, default: str, help: str, read: Callable[[str, str], Any] = _text, *, secret: bool = False
) -> Any:
    """A field of `Settings`: its variable, and the function that checks and converts the variable's value."""
    value = PROJECT / default if read in (_path, _lake) else read(name, default)
    return field(default=value, metadata={"variable": Variable(name, default, help, secret), "read": read})


@dataclass(frozen=True)
class Settings:
    """What the Python half of the project takes from its environment; without arguments, the defaults."""

    lake: Path | S3Place = _setting(
        "ADVENTURE_LAKE", "lake", "The lake: a folder, or `s3://bucket/prefix` for Redshift.", _lake
    )
    database: Path = _setting(
        "ADVENTURE_DATABASE", "warehouse/adventure_works.duckdb", "The published DuckDB warehouse.", _path
    )
    downloads: Path = _setting("ADVENTURE_DOWNLOADS", "downloads", "Files that are fetched or generated.", _path)
    report: Path = _setting(
        "ADVENTURE_REPORT", "report/index.html", "The report's page; the docs site is beside it, in `docs/`.", _path
    )
    target: Path = _setting(
        "DBT_TARGET_PATH", "target", "What dbt compiles; a run works in `adventure_run/` below it.", _path
    )
    logs: Path = _setting("DBT_LOG_PATH", "logs", "Folder of dbt's log, `dbt.log`.", _path)
    log_level: str = _setting(
        "DBT_LOG_LEVEL_FILE",
        "info",
        "How much dbt logs under `adventure`; `debug` logs every statement, and takes longer.",
        _log_level,
    )
    package_hub: str = _setting(
        "DBT_PACKAGE_HUB_URL", "https://hub.getdbt.com/", "Where `adventure deps` gets the dbt packages."
    )

    workgroup: str = _setting("REDSHIFT_WORKGROUP", "", "Name of the Serverless workgroup; production needs it.")
    redshift_database: str = _setting("REDSHIFT_DATABASE", "adventure_works", "Database on Redshift.")
    schema: str = _setting(
        "REDSHIFT_SCHEMA", "adventure_works", "What the names of the schemas on Redshift begin with.", _schema
    )
    copy_role: str = _setting(
        "REDSHIFT_COPY_ROLE",
        "default",
        "ARN of the role that COPY reads as, and UNLOAD writes as; `default` is the namespace's own.",
        _role,
    )
    versions: int = _setting(
        "REDSHIFT_VERSIONS", "2", "Published versions kept on Redshift, the current one included.", _number
    )
    reader_wait: int = _setting(
        "REDSHIFT_READER_WAIT", "900", "Seconds that a publication waits for readers who are in the middle.", _number
    )
    sslmode: str = _setting("REDSHIFT_SSLMODE", "verify-full", "How the certificate of Redshift is checked.")
    kms_key: str = _setting(
        "ADVENTURE_S3_KMS_KEY",
        "",
        "ARN of the key that encrypts the lake, not of an alias; else S3's own key.",
        _kms_key,
    )
    glue_database: str = _setting(
        "ADVENTURE_GLUE_DATABASE", "adventure_works_raw", "Glue database that lists the raw tables.", _glue_database
    )
    slices: int = _setting(
        "ADVENTURE_SLICES", "8", "Parts that COPY reads at a time; large files are cut into multiples of it.", _number
    )
    region: str = _setting("AWS_REGION", "", "The region of bucket and workgroup.")
    default_region: str = _setting(
        "AWS_DEFAULT_REGION", "", "The same, for the tools that do not read `AWS_REGION`: set both."
    )
    max_attempts: int = _setting("AWS_MAX_ATTEMPTS", "6", "How often a request to AWS is tried in all.", _number)
    alert_webhook: str = _setting(
        "ADVENTURE_ALERT_WEBHOOK", "", "Webhook (Slack's form) for failures, drift and stale data.", secret=True
    )
    alert_topic: str = _setting("ADVENTURE_ALERT_TOPIC_ARN", "", "SNS topic for the same; needs `sns:Publish`.")

    @property
    def raw_schema(self) -> str:
        """The schema that the loader fills and dbt reads its sources from."""
        return f"{self.schema}_raw"

    def version(self, number: int) -> str:
        """The prefix of the schemas in which a run on Redshift builds."""
        return f"{self.schema}_v{number}"

    def run_target(self, place: str) -> Path:
        """dbt's target folder of the runs on the warehouse in that place, which no other command uses."""
        digest = hashlib.sha256(place.encode()).hexdigest()[:8]
        return self.target / "adventure_run" / f"{Path(place).stem}-{digest}"

    @property
    def log(self) -> Path:
        """The log of dbt."""
        return self.logs / "dbt.log"

    @property
    def lake_folder(self) -> Path:
        """The lake where it is a folder, which is all that DuckDB reads."""
        if isinstance(self.lake, S3Place):
            raise AdventureError(
                f"ADVENTURE_LAKE is {self.lake}, which DuckDB does not read here. Build from S3 with the target prod, "
                "or set ADVENTURE_LAKE to a folder (or unset it to use lake/ in the project)."
            )
        return self.lake

    @property
    def lake_on_s3(self) -> S3Place:
        """The lake where it is on S3, which is all that Redshift reads."""
        if not isinstance(self.lake, S3Place):
            raise AdventureError(
                f"The lake is the folder {shown(self.lake)}, which Redshift cannot read. Set ADVENTURE_LAKE to "
                "s3://bucket/prefix."
            )
        return self.lake

    def check_workgroup(self) -> None:
        """Refuses settings that lead to no Redshift."""
        if not self.workgroup:
            raise AdventureError(
                "REDSHIFT_WORKGROUP is not set, so it is not known which Redshift to load. Set it to the name of the "
                "Serverless workgroup (docs/configuration.md has every variable)."
            )


DEFAULTS = Settings()

READ_BY_DBT = (
    Variable(
        "ADVENTURE_TARGET",
        "dev",
        "Target of plain dbt commands: `dev` and `published` (DuckDB), `redshift_dev` and `prod` (Redshift).",
    ),
    Variable("ADVENTURE_DEVELOPER", "", "Your name in the names of your own file and schemas; else that of the user."),
    Variable("ADVENTURE_DEV_DATABASE", "", "Your own DuckDB file; else `warehouse/dev_<your name>.duckdb`."),
    Variable("ADVENTURE_MEMORY", "80%", "Memory that DuckDB may take while dbt builds, such as `8GB`."),
    Variable(
        "ADVENTURE_RAW", "", "Version of the lake that dbt reads; `adventure run` sets it. Else `raw` in the lake."
    ),
    Variable("ADVENTURE_WAREHOUSE", "", "What a run builds, and is recorded for; `adventure run` sets it."),
    Variable("ADVENTURE_CANDIDATE", "", "Prefix of the schemas that dbt builds in; `adventure run` sets it."),
    Variable("DBT_THREADS", "2 or 4", "Models built side by side: 2 on DuckDB, 4 on Redshift."),
    Variable("REDSHIFT_QUERY_GROUP", "adventure_works", "Label of every statement on Redshift."),
    Variable("REDSHIFT_METHOD", "iam_role", "The login to Redshift: `iam_role`, or `database` by user and password."),
    Variable("REDSHIFT_HOST", "", "Host for the method `database`; else the workgroup's endpoint."),
    Variable("REDSHIFT_PORT", "5439", "Port of Redshift."),
    Variable("REDSHIFT_USER", "", "User for the method `database`."),
    Variable("REDSHIFT_PASSWORD", "", "Password for the method `database`.", secret=True),
    Variable("REDSHIFT_RETRIES", "0", "How often dbt sends a statement again that met a conflict; see profiles.yml."),
    Variable("REDSHIFT_TIMEOUT", "3600", "Seconds to wait for an answer of Redshift."),
    Variable("REDSHIFT_READERS", "", "Who may read core, marts and operations: `role:reporting,user:anna`."),
    Variable("REDSHIFT_PERSON_READERS", "", "Who may read the schema persons: names, e-mail addresses and the like."),
    Variable("REDSHIFT_PRICE_PER_RPU_HOUR", "", "Price of an RPU-hour; with it, the cost models are built."),
)


def read_settings(environ: Mapping[str, str]) -> Settings:
    """The settings that an environment gives.

    Raises:
        AdventureError: naming the variable whose value cannot be used.
    """
    given = {one.name: one.metadata for one in fields(Settings) if environ.get(one.metadata["variable"].name)}
    names = {name: metadata["variable"].name for name, metadata in given.items()}
    settings = Settings(**{name: given[name]["read"](names[name], environ[names[name]]) for name in given})
    for variable, place, letters in (
        ("ADVENTURE_LAKE", settings.lake, "\\"),
        # DuckDB takes what is after ? for options, and dbt what is after #.
        ("ADVENTURE_DATABASE", settings.database, "\\?#"),
        ("ADVENTURE_DOWNLOADS", settings.downloads, "\\"),
    ):
        _refuse_odd_letters(variable, str(place), letters)
    return settings


def odd_letter(name: str, letters: str = "\\") -> str:
    """The first of these letters in a name, control character or byte that is not text, as it can be shown."""
    odd = next((letter for letter in name if letter in letters or unicodedata.category(letter) in ("Cc", "Cs")), "")
    return odd if odd in letters else f"the character {ord(odd):#06x}"


def _refuse_odd_letters(variable: str, place: str, letters: str) -> None:
    """Refuses a place that DuckDB or dbt would take for another one, before anything is written there."""
    if odd := odd_letter(place, letters):
        raise AdventureError(
            f"{variable} is {place!r}. DuckDB and dbt cannot use a path with {odd} in it: set {variable} to "
            "another place, or give the folder another name."
        )


def variables() -> tuple[Variable, ...]:
    """Every variable: those of `Settings`, then those that only dbt reads."""
    return (*(one.metadata["variable"] for one in fields(Settings)), *READ_BY_DBT)


def values(environ: Mapping[str, str]) -> Iterator[tuple[str, str, str]]:
    """Name, value and origin (`environment` or `default`) of every variable."""
    for variable in variables():
        value = environ.get(variable.name)
        shown_value = "(set, not shown)" if value and variable.secret else value or variable.default
        yield variable.name, shown_value, "environment" if value else "default"


def typed(path: Path) -> str:
    """The place as a word of a command that can be pasted into a shell."""
    return shlex.quote(shown(path))


def shown(path: Path | S3Place) -> str:
    """The place as a user would type it: a path is relative to the current folder when it lies below it."""
    if isinstance(path, S3Place):
        return str(path)
    try:
        return str(path.relative_to(Path.cwd()))
    except ValueError:
        return str(path)
