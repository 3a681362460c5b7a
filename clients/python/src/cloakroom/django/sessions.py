"""Django's sessions, kept by the sidecar: `SESSION_ENGINE = "cloakroom.django.sessions"`.

`CLOAKROOM_SESSIONS` in the settings may have `path`, `service`, `scope` and `timeout`.
"""

from __future__ import annotations

import hashlib
from typing import Any, Dict, Literal, Optional

from django.conf import settings
from django.contrib.sessions.backends.base import CreateError, SessionBase, UpdateError

from .._rooms import shared_room
from ..errors import Conflict, NotFound
from ..room import Room


class SessionStore(SessionBase):
    """A session. The store ends it; one that was logged out is not brought back by a request that saves late."""

    @property
    def _room(self) -> Room:
        return shared_room(getattr(settings, "CLOAKROOM_SESSIONS", {}))

    @staticmethod
    def _name(session_key: str) -> str:
        # Who reads the store's keys can't take over a session by them.
        return "django:session:" + hashlib.sha256(session_key.encode()).hexdigest()

    def load(self) -> Dict[str, Any]:
        if self.session_key is not None:
            found = self._room.kv.get(self._name(self.session_key))
            if found["found"]:
                data: Dict[str, Any] = self.decode(found["value"])
                return data
        self._session_key = None
        return {}

    def exists(self, session_key: Optional[str]) -> bool:
        return bool(session_key) and self._room.kv.exists(self._name(str(session_key)))

    def create(self) -> None:
        base: Any = self  # Not all of what engines build on is in Django's published types.
        while True:
            self._session_key = base._get_new_session_key()
            try:
                self.save(must_create=True)
            except CreateError:
                continue
            self.modified = True
            return

    def save(self, must_create: bool = False) -> None:
        if self.session_key is None:
            return self.create()
        base: Any = self
        data = self.encode(base._get_session(no_load=must_create))
        name, age = self._name(self.session_key), self.get_expiry_age()
        if age <= 0:
            # Over before it is written. As with a life that has ended, the next request finds none.
            if not self._room.kv.remove(name) and not must_create:
                raise UpdateError
            return None
        try:
            only_if: Literal["absent", "present"] = "absent" if must_create else "present"
            self._room.kv.set(name, data, ttl=f"{max(1, int(age * 1000))}ms", only_if=only_if)
        except (Conflict, NotFound):
            raise (CreateError if must_create else UpdateError) from None
        return None

    def delete(self, session_key: Optional[str] = None) -> None:
        key = session_key if session_key is not None else self.session_key
        if key is not None:
            self._room.kv.remove(self._name(key))

    @classmethod
    def clear_expired(cls) -> None:
        """Nothing: the store ends sessions itself."""

    @classmethod
    async def aclear_expired(cls) -> None:
        """Nothing: the store ends sessions itself."""
