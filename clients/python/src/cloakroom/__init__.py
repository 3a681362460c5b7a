"""Client of Cloakroom, the local sidecar for temporary data."""

from ._shared import Event, Gap
from .aio import AsyncRoom, AsyncSubscription
from .errors import *  # noqa: F403
from .errors import CloakroomError
from .room import Guard, Handover, HeldClaim, Message, Room, Subscription

__all__ = [
    "AsyncRoom",
    "AsyncSubscription",
    "CloakroomError",
    "Event",
    "Gap",
    "Guard",
    "Handover",
    "HeldClaim",
    "Message",
    "Room",
    "Subscription",
]
