"""What AWS refuses, in one sentence: the answers that a person can do something about.

Nothing here imports botocore: its errors are told apart by their names and codes, so that who
keeps the lake in a directory need not have it.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from glue_jobs.errors import (
    IntegrityFailure,
    LakeError,
    StorageFailure,
    TryAgainLater,
    UsageError,
)

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextlib.contextmanager
def needing_packages() -> Iterator[None]:
    """Around imports of what only a lake in S3 needs.

    Raises:
        UsageError: it is not installed.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        if error.name not in ("boto3", "botocore", "awswrangler"):
            raise
        raise UsageError(
            "AWS needs packages that are not installed.",
            hint="pip install 'labor-lake[aws]' brings them.",
        ) from None


@dataclass(frozen=True)
class _Refusal:
    """What is said of some of AWS's codes.

    Attributes:
        codes: of answers, and class names of errors without an answer.
        error: the class to raise.
        reason: the second half of the sentence.
        hint: what to do.
        quotes: whether AWS's own words follow.
    """

    codes: frozenset[str]
    error: type[LakeError]
    reason: str
    hint: str
    quotes: bool = False


_REFUSALS = (
    _Refusal(
        frozenset(
            {"ExpiredToken", "ExpiredTokenException", "TokenRefreshRequired", "SSOTokenLoadError"}
        ),
        UsageError,
        "the AWS credentials have expired.",
        "Sign in again (aws sso login, or new keys), then run again.",
    ),
    _Refusal(
        frozenset(
            {
                "NoCredentialsError",
                "PartialCredentialsError",
                "CredentialRetrievalError",
                "TokenRetrievalError",
                "UnauthorizedSSOTokenError",
                "ProfileNotFound",
                "InvalidAccessKeyId",
                "SignatureDoesNotMatch",
                "UnrecognizedClientException",
                "InvalidClientTokenId",
                "InvalidSignatureException",
                "IncompleteSignature",
            }
        ),
        UsageError,
        "AWS knows no such credentials, or there are none.",
        "Set AWS_PROFILE or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.",
    ),
    _Refusal(
        frozenset({"NoRegionError"}), UsageError, "no AWS region is set.", "--region us-east-1"
    ),
    _Refusal(
        frozenset({"FlexibleChecksumError"}),
        IntegrityFailure,
        "its bytes are not those that were stored.",
        "`lake verify --repair` brings them back if it can.",
    ),
    _Refusal(
        frozenset({"NoSuchBucket"}),
        UsageError,
        "there is no such bucket.",
        "`lake deploy` makes one; its output LakeUri is the address for --lake.",
    ),
    _Refusal(
        frozenset(
            {
                "PermanentRedirect",
                "301",
                "AuthorizationHeaderMalformed",
                "IllegalLocationConstraintException",
            }
        ),
        UsageError,
        "it lies in another AWS region.",
        "Give the region of the stack with --region.",
    ),
    _Refusal(
        frozenset(
            {
                "KMS.DisabledException",
                "KMS.InvalidStateException",
                "KMS.KMSInvalidStateException",
                "KMS.NotFoundException",
                "KMSDisabledException",
                "KMSInvalidStateException",
                "KMSNotFoundException",
            }
        ),
        StorageFailure,
        "its KMS key is disabled, deleted or not to be found.",
        "Enable the key again; what was encrypted with it cannot be read without it.",
        quotes=True,
    ),
    _Refusal(
        frozenset(
            {
                "LimitExceededException",
                "ResourceNumberLimitExceededException",
                "ServiceQuotaExceededException",
                "TooManyBuckets",
            }
        ),
        StorageFailure,
        "a quota of the account is reached.",
        "AWS's console raises it: Service Quotas.",
        quotes=True,
    ),
    _Refusal(
        frozenset({"InvalidRequestException"}),
        UsageError,
        "AWS does not take the request.",
        "A name may be wrong: --workgroup, --database.",
        quotes=True,
    ),
    _Refusal(
        frozenset({"AccessDenied", "AccessDeniedException", "AllAccessDisabled", "403"}),
        StorageFailure,
        "AWS denies it to these credentials.",
        "These credentials lack the right; infra/template.yaml lists each job's.",
        quotes=True,
    ),
    _Refusal(
        frozenset(
            {
                "SlowDown",
                "Throttling",
                "ThrottlingException",
                "ThrottledException",
                "TooManyRequestsException",
                "RequestLimitExceeded",
                "ConcurrentModificationException",
                "ConditionalRequestConflict",
                "OperationTimeoutException",
                "ServiceUnavailable",
                "ServiceUnavailableException",
                "InternalError",
                "InternalServerException",
                "InternalServiceException",
                "RequestTimeout",
                "500",
                "503",
                "EndpointConnectionError",
                "ConnectTimeoutError",
                "ReadTimeoutError",
                "ConnectionClosedError",
                "ResponseStreamingError",
                "IncompleteReadError",
                "HTTPClientError",
            }
        ),
        TryAgainLater,
        "AWS did not answer in time, or is busy.",
        "Run again; what was published stands.",
    ),
)


@contextlib.contextmanager
def telling(action: str) -> Iterator[None]:
    """Turns what botocore raises in its body into the lake's own errors.

    Args:
        action: what is being done, to finish the sentence "Cannot …".
    """
    try:
        yield
    except LakeError:
        raise
    except Exception as error:
        if not _is_of_aws(error):
            raise
        raise told(error, action) from error


def code_of(error: Exception) -> str:
    """AWS's code for an error, ``NoSuchKey``; the class's name where there was no answer."""
    answer: dict[str, Any] = getattr(error, "response", None) or {}
    return str(answer.get("Error", {}).get("Code") or type(error).__name__)


def told(error: Exception, action: str) -> LakeError:
    """The error to show for what botocore raised while doing something."""
    code = code_of(error)
    for refusal in _REFUSALS:
        if code in refusal.codes:
            quoted = _said(error) if refusal.quotes else ""
            sentence = f"Cannot {action}: {refusal.reason}{quoted}"
            return refusal.error(sentence, hint=hint_on(quoted) or refusal.hint)
    return StorageFailure(f"Cannot {action}: {_said(error).strip() or error} ({code})")


def hint_on(message: str) -> str:
    """What to do about a denial whose own words say who denies; empty for others."""
    if "Lake Formation" in message:
        return (
            "Lake Formation governs this catalog. `lake deploy --parameter LakeFormation=true`"
            " grants the jobs what they need; readers need SELECT there, and"
            " lakeformation:GetDataAccess in IAM."
        )
    if "kms:" in message:
        return "The policy of the KMS key, or of this role, does not allow it."
    return ""


def _said(error: Exception) -> str:
    """AWS's own sentence, on one line."""
    answer: dict[str, Any] = getattr(error, "response", None) or {}
    message = " ".join(str(answer.get("Error", {}).get("Message", "")).split())
    return f" {message.rstrip('.')}." if message else ""


def _is_of_aws(error: Exception) -> bool:
    return any(
        base.__module__.startswith("botocore.")
        and base.__name__ in ("BotoCoreError", "ClientError")
        for base in type(error).__mro__
    )
