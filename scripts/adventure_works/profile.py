"""What profiles.yml gives for a target, with the environment of this process: a login, or a file."""

import os
from argparse import Namespace
from typing import TYPE_CHECKING

from adventure_works.settings import PROJECT

if TYPE_CHECKING:
    from dbt.adapters.contracts.connection import Credentials


def credentials(target: str) -> "Credentials":
    """The credentials of a target, as dbt has them.

    Raises:
        DbtBaseException: a variable is missing, or cannot be used.
    """
    from dbt.config.runtime import load_profile
    from dbt.flags import set_from_args
    from dbt_common.context import set_invocation_context

    set_invocation_context(os.environ)
    set_from_args(Namespace(PROFILES_DIR=str(PROJECT), PROJECT_DIR=str(PROJECT)), {})
    return load_profile(str(PROJECT), {}, target_override=target).credentials
