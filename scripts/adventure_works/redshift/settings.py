"""Where Redshift is, from the environment; docs/production.md has the table of the variables."""

import os
import re
from dataclasses import dataclass

from adventure_works.errors import AdventureError

# Redshift takes names of 127 bytes; the longest of a warehouse is this and `_candidate_intermediate`.
SCHEMA = re.compile(r"[a-z_][a-z0-9_]{0,99}")
ROLE = re.compile(r"default|arn:aws[a-z-]*:iam::[0-9]{12}:role/[A-Za-z0-9+=,.@_/-]+")


@dataclass(frozen=True)
class Settings:
    """A Serverless workgroup, a database of it, the prefix of this project's schemas, and the role COPY reads S3 as.

    `copy_role` is an ARN, or the word `default` for the namespace's own default role.
    """

    workgroup: str
    database: str
    schema: str
    copy_role: str

    @property
    def raw_schema(self) -> str:
        """The schema that the loader fills and dbt reads its sources from."""
        return f"{self.schema}_raw"

    @property
    def candidate(self) -> str:
        """The prefix of the schemas in which a run builds (publish/schemas.py)."""
        return f"{self.schema}_candidate"

    @property
    def previous(self) -> str:
        """The prefix of the schemas that were published before."""
        return f"{self.schema}_previous"


def settings() -> Settings:
    """What the environment says.

    Raises:
        AdventureError: naming the variable that is missing or cannot be used.
    """
    workgroup = os.environ.get("REDSHIFT_WORKGROUP", "")
    if not workgroup:
        raise AdventureError(
            "REDSHIFT_WORKGROUP is not set, so it is not known which Redshift to load. Set it to the name of the "
            "Serverless workgroup (docs/production.md has every variable)."
        )
    schema = os.environ.get("REDSHIFT_SCHEMA") or "adventure_works"
    if not SCHEMA.fullmatch(schema):
        raise AdventureError(
            f"REDSHIFT_SCHEMA is {schema!r}, which is no plain name. Use lower-case letters, digits and underscores."
        )
    role = os.environ.get("REDSHIFT_COPY_ROLE") or "default"
    if not ROLE.fullmatch(role):
        raise AdventureError(
            f"REDSHIFT_COPY_ROLE is {role!r}. Set it to the ARN of a role (arn:aws:iam::123456789012:role/name), or "
            "unset it to use the namespace's default role."
        )
    return Settings(workgroup, os.environ.get("REDSHIFT_DATABASE") or "adventure_works", schema, role)
