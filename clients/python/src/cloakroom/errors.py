"""What a call raises: one class for each reason, as the sidecar names it."""

from __future__ import annotations

from typing import Any, Dict, Optional, Type


class CloakroomError(Exception):
    """A call that failed. Its text is the sidecar's, and never has a value or a token in it."""

    reason = ""

    def __init__(
        self,
        message: str,
        *,
        reason: str = "",
        code: Optional[int] = None,
        retryable: bool = False,
        retry_after_ms: Optional[int] = None,
        details: Any = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.reason = reason or type(self).reason
        self.code = code
        self.retryable = retryable
        self.retry_after_ms = retry_after_ms
        self.details = details

    def __str__(self) -> str:
        return f"{self.reason}: {self.message}" if self.reason else self.message


class ParseError(CloakroomError):
    reason = "PARSE_ERROR"


class InvalidRequest(CloakroomError):
    reason = "INVALID_REQUEST"


class MethodNotFound(CloakroomError):
    reason = "METHOD_NOT_FOUND"


class InvalidParams(CloakroomError):
    reason = "INVALID_PARAMS"


class Internal(CloakroomError):
    reason = "INTERNAL"


class TooLarge(CloakroomError):
    reason = "TOO_LARGE"


class RateLimited(CloakroomError):
    reason = "RATE_LIMITED"


class Forbidden(CloakroomError):
    reason = "FORBIDDEN"


class Overloaded(CloakroomError):
    reason = "OVERLOADED"


class DeadlineExceeded(CloakroomError):
    reason = "DEADLINE_EXCEEDED"


class Unavailable(CloakroomError):
    reason = "UNAVAILABLE"


class OutcomeUnknown(CloakroomError):
    reason = "OUTCOME_UNKNOWN"


class StoreRefused(CloakroomError):
    reason = "STORE_REFUSED"


class NotFound(CloakroomError):
    reason = "NOT_FOUND"


class Expired(CloakroomError):
    reason = "EXPIRED"


class Consumed(CloakroomError):
    reason = "CONSUMED"


class Deleted(CloakroomError):
    reason = "DELETED"


class Conflict(CloakroomError):
    reason = "CONFLICT"


class CheckedOut(CloakroomError):
    reason = "CHECKED_OUT"


class Immutable(CloakroomError):
    reason = "IMMUTABLE"


class InvalidStep(CloakroomError):
    reason = "INVALID_STEP"


class ValidationFailed(CloakroomError):
    reason = "VALIDATION_FAILED"


class TtlInvalid(CloakroomError):
    reason = "TTL_INVALID"


class TokenInvalid(CloakroomError):
    reason = "TOKEN_INVALID"


class TokenRevoked(CloakroomError):
    reason = "TOKEN_REVOKED"


class WrongType(CloakroomError):
    reason = "WRONG_TYPE"


class ClaimNotHeld(CloakroomError):
    reason = "CLAIM_NOT_HELD"


class FenceStale(CloakroomError):
    reason = "FENCE_STALE"


class LeaseLost(CloakroomError):
    reason = "LEASE_LOST"


class IdempotencyInProgress(CloakroomError):
    reason = "IDEMPOTENCY_IN_PROGRESS"


class IdempotencyMismatch(CloakroomError):
    reason = "IDEMPOTENCY_MISMATCH"


class ScopeRequired(CloakroomError):
    reason = "SCOPE_REQUIRED"


class ScopeInvalid(CloakroomError):
    reason = "SCOPE_INVALID"


class CrossSlot(CloakroomError):
    reason = "CROSS_SLOT"


class Cancelled(CloakroomError):
    reason = "CANCELLED"


class QuotaExceeded(CloakroomError):
    reason = "QUOTA_EXCEEDED"


BY_REASON: Dict[str, Type[CloakroomError]] = {c.reason: c for c in CloakroomError.__subclasses__()}


def from_reply(error: Any) -> CloakroomError:
    """The exception for a reply's `error`; a reason that this version doesn't know is the base class."""
    error = error if isinstance(error, dict) else {}
    data = error.get("data")
    data = data if isinstance(data, dict) else {}
    reason = str(data.get("reason", ""))
    return BY_REASON.get(reason, CloakroomError)(
        str(error.get("message", "the sidecar refused the call")),
        reason=reason,
        code=error.get("code"),
        retryable=data.get("retryable") is True,
        retry_after_ms=data.get("retryAfterMs"),
        details=data.get("details"),
    )
