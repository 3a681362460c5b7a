"""Where the sidecar's socket is, unless told."""

from __future__ import annotations

import os
import stat
from typing import List, Mapping, Optional

from .errors import Unavailable

SYSTEM = "/run/cloakroom/cloakroom.sock"
PRIVATE = "/tmp/cloakroom-{uid}"


def socket_path(given: Optional[str] = None, environment: Optional[Mapping[str, str]] = None) -> str:
    """Never in `$RUNTIME_DIRECTORY`, which in a unit is the application's."""
    variables = os.environ if environment is None else environment
    path = given or variables.get("CLOAKROOM_SOCKET")
    if path:
        return path
    candidates: List[str] = []
    folder = variables.get("XDG_RUNTIME_DIR", "")
    if folder.startswith("/"):
        candidates.append(f"{folder}/cloakroom.sock")
    candidates.append(SYSTEM)
    for candidate in candidates:
        if os.path.exists(candidate):
            return candidate
    private = PRIVATE.format(uid=os.getuid())
    try:
        facts = os.lstat(private)
    except OSError:
        return f"{private}/cloakroom.sock"
    if not stat.S_ISDIR(facts.st_mode) or facts.st_uid != os.getuid() or facts.st_mode & 0o022:
        # Anybody may make a folder in /tmp: who owns it would get the application's data.
        raise Unavailable(f"{private} is not a folder of this user's alone")
    return f"{private}/cloakroom.sock"
