"""AWS clients with bounded waiting and retries, and what their errors mean to a user."""

from functools import cache
from typing import Any

import boto3
import botocore.session
from botocore.config import Config
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    CredentialRetrievalError,
    EndpointConnectionError,
    HTTPClientError,
    NoCredentialsError,
    NoRegionError,
    PartialCredentialsError,
    ProfileNotFound,
    SSOError,
)

from adventure_works.errors import AdventureError
from adventure_works.settings import Settings

# What an answer of a service means, by its error codes.
ANSWERS = {
    "ExpiredToken ExpiredTokenException RequestExpired TokenRefreshRequired": (
        "the AWS credentials have expired ({code}). Renew them (`aws sso login`) and run again."
    ),
    "InvalidAccessKeyId InvalidClientTokenId InvalidSignatureException InvalidToken SignatureDoesNotMatch "
    "UnrecognizedClientException": (
        "AWS does not know the credentials ({code}). Check AWS_PROFILE and where they come from."
    ),
    "403 AccessDenied AccessDeniedException Forbidden": (
        "access denied to {operation}. {message}\ndocs/production.md lists what the loader's role must be allowed."
    ),
    "503 RequestLimitExceeded ServiceUnavailable SlowDown Throttling ThrottlingException TooManyRequestsException": (
        "AWS kept turning requests away as too many ({code}). Wait a few minutes and run again."
    ),
    "301 AuthorizationHeaderMalformed IllegalLocationConstraintException PermanentRedirect": (
        "the bucket is in another region than the one set ({code}). Set AWS_REGION to its own."
    ),
    "NoSuchBucket": "the bucket does not exist. Create it, or correct ADVENTURE_LAKE.",
}


def client(service: str, settings: Settings) -> Any:
    """A client of that service, its credentials from AWS's own variables and files.

    Throttling, server errors and lost connections are tried again, `max_attempts` times in all, with botocore's
    growing pauses.

    Raises:
        AdventureError: no region, or a profile that does not exist.
    """
    retries = {"mode": "standard", "total_max_attempts": settings.max_attempts}
    config = Config(connect_timeout=10, read_timeout=60, retries=retries, max_pool_connections=20)
    try:
        return _session().client(service, region_name=region(settings), config=config)
    except (BotoCoreError, ValueError) as error:
        raise explained(error, f"The client for {service} could not be made") from error


def region(settings: Settings) -> str | None:
    """The region that clients use: AWS_REGION, which boto3 alone does not read, else what boto3 finds."""
    return settings.region or _session().region_name


def _session() -> boto3.session.Session:
    """A session of its own, since the one that boto3 shares keeps the credentials that it found first."""
    session = botocore.session.Session()
    session.register_component("data_loader", _loader())
    return boto3.session.Session(botocore_session=session)


@cache
def _loader() -> Any:
    """What reads the descriptions of AWS's services, which takes four fifths of the time that a client takes."""
    return botocore.session.Session().get_component("data_loader")


def code(error: Exception) -> str:
    """The error code that AWS sent, empty for errors that come from nearer by."""
    return str(error.response.get("Error", {}).get("Code", "")) if isinstance(error, ClientError) else ""


def explained(error: Exception, what: str) -> AdventureError:
    """The error as a user can act on it; `what` says in a few words what did not work."""
    return AdventureError(f"{what}: {_remote(error) if isinstance(error, ClientError) else _local(error)}")


def _local(error: Exception) -> str:
    """What a failure that no service has answered means."""
    if isinstance(error, NoRegionError):
        return "no region is set. Set AWS_REGION to the region of the bucket and the workgroup."
    if isinstance(error, ProfileNotFound):
        return f"{error}. Correct AWS_PROFILE, or add the profile with `aws configure sso`."
    if isinstance(error, SSOError):
        return "the login has expired. Renew it with `aws sso login` and run again."
    if isinstance(error, NoCredentialsError | PartialCredentialsError | CredentialRetrievalError):
        return "AWS credentials are missing. Log in (`aws sso login`), set AWS_PROFILE, or run under a role."
    if isinstance(error, EndpointConnectionError | HTTPClientError):
        return f"{error} Check the network, the region, and any AWS_ENDPOINT_URL variable, and run again."
    return str(error)


def _remote(error: ClientError) -> str:
    """What an answer of a service means."""
    found, message = code(error), error.response.get("Error", {}).get("Message", "")
    meaning = next((text for codes, text in ANSWERS.items() if found in codes.split()), "{code}: {message}")
    return meaning.format(code=found, operation=error.operation_name, message=message)
