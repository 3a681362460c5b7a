"""Flask's sessions, kept by the sidecar: `app.session_interface = CloakroomSessions()`; Flask 3."""

from __future__ import annotations

import hashlib
import secrets
from typing import Any, Dict, Literal, Optional

from flask import Flask, Request, Response
from flask.json.tag import TaggedJSONSerializer
from flask.sessions import SessionInterface, SessionMixin
from werkzeug.datastructures import CallbackDict

from .errors import Conflict, NotFound
from .room import Room


class CloakroomSession(CallbackDict, SessionMixin):  # type: ignore[type-arg,misc,unused-ignore]
    """A session, whose cookie is its id alone."""

    def __init__(self, sid: Optional[str], data: Dict[str, Any]) -> None:
        def changed(session: Any) -> None:
            session.modified = True
            session.accessed = True

        super().__init__(data, changed)
        self.sid = sid
        self.old: Optional[str] = None
        self.new = sid is None
        self.modified = False
        self.accessed = False

    def __getitem__(self, key: Any) -> Any:
        self.accessed = True
        return super().__getitem__(key)

    def get(self, key: Any, default: Any = None) -> Any:
        self.accessed = True
        return super().get(key, default)

    def __contains__(self, key: Any) -> bool:
        self.accessed = True
        return bool(super().__contains__(key))

    def regenerate(self) -> None:
        """Gives the session another id, and ends the old one: to be done at each login."""
        if self.sid is not None:
            self.old, self.sid = self.sid, None
        self.modified = True


class CloakroomSessions(SessionInterface):
    """What is kept ends with `PERMANENT_SESSION_LIFETIME`. One that was logged out is not brought back by a late save."""

    session_class = CloakroomSession
    serializer = TaggedJSONSerializer()

    def __init__(self, room: Optional[Room] = None) -> None:
        self._room = room or Room()

    @staticmethod
    def _name(sid: str) -> str:
        return "flask:session:" + hashlib.sha256(sid.encode()).hexdigest()

    def open_session(self, app: Flask, request: Request) -> CloakroomSession:
        sid = request.cookies.get(self.get_cookie_name(app))
        if sid:
            found = self._room.kv.get(self._name(sid))
            if found["found"]:
                return CloakroomSession(sid, self.serializer.loads(found["value"]))
        # An id that the server has not given is never taken.
        return CloakroomSession(None, {})

    def save_session(self, app: Flask, session: Any, response: Response) -> None:
        name = self.get_cookie_name(app)
        place: Dict[str, Any] = {
            "domain": self.get_cookie_domain(app),
            "path": self.get_cookie_path(app),
            "secure": self.get_cookie_secure(app),
            "httponly": self.get_cookie_httponly(app),
            "samesite": self.get_cookie_samesite(app),
        }
        if session.accessed or session.modified:
            response.vary.add("Cookie")
        if session.old is not None:
            self._room.kv.remove(self._name(session.old))
        if not session:
            if session.modified and (session.sid or session.old):
                if session.sid:
                    self._room.kv.remove(self._name(session.sid))
                response.delete_cookie(name, **place)
            return
        if not self.should_set_cookie(app, session):
            return
        life = max(1, int(app.permanent_session_lifetime.total_seconds()))
        if session.sid is None:
            session.sid = secrets.token_urlsafe(32)
            only_if: Literal["absent", "present"] = "absent"
        else:
            only_if = "present"
        try:
            if session.modified or only_if == "absent":
                text = self.serializer.dumps(dict(session))
                self._room.kv.set(self._name(session.sid), text, ttl=life, only_if=only_if)
            elif not self._room.kv.expire(self._name(session.sid), life):
                return
        except (Conflict, NotFound):
            return  # It was logged out meanwhile: nothing is brought back.
        response.set_cookie(name, session.sid, expires=self.get_expiration_time(app, session), **place)
        response.vary.add("Cookie")
