"""Rooms that the frameworks' modules share: one a sidecar, whichever thread asks."""

from __future__ import annotations

import threading
from typing import Any, Dict, Mapping, Tuple

from .room import Room

_lock = threading.Lock()
_rooms: Dict[Tuple[Any, ...], Room] = {}


def shared_room(options: Mapping[str, Any]) -> Room:
    """The room of `path`, `service`, `timeout` and `scope`, which is a mapping of names to ids, outermost first."""
    known = {"path", "service", "timeout", "scope"}
    unknown = set(options) - known
    if unknown:
        raise TypeError(f"there is no option {sorted(unknown)[0]!r}: {', '.join(sorted(known))}")
    scope = tuple((options.get("scope") or {}).items())
    key = (options.get("path"), options.get("service"), options.get("timeout"), scope)
    with _lock:
        room = _rooms.get(key)
        if room is None:
            given = {name: options[name] for name in ("service", "timeout") if options.get(name) is not None}
            room = Room(options.get("path"), **given)
            _rooms[key] = room = room.scope(*scope) if scope else room
        return room
