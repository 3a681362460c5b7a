"""The connections of one room that threads use, a connection for each."""

from __future__ import annotations

import os
import threading
import time
import weakref
from typing import Any, Callable, Dict, Mapping, Optional

from ._call import DEFAULT_TIMEOUT, GRACE, MAX_WAITING, Call, prepare
from ._codec import Codec
from ._connection import Connection, ConnectionLost
from ._limits import Limits
from ._place import socket_path
from .errors import CloakroomError, InvalidParams, Unavailable, from_reply

_transports: weakref.WeakSet[Transport] = weakref.WeakSet()


def _after_fork() -> None:
    for transport in list(_transports):
        transport.after_fork()


os.register_at_fork(after_in_child=_after_fork)


class Refused(Exception):
    """The sidecar has refused the connection."""

    def __init__(self, error: CloakroomError) -> None:
        super().__init__(str(error))
        self.error = error


class Transport:
    """The connections of one room, a thread each, made when they are first needed."""

    def __init__(
        self,
        path: Optional[str],
        timeout: float,
        parse_float: Optional[Callable[[str], Any]],
        service: Optional[str],
        client: Optional[str],
    ) -> None:
        self._path = path
        self._hello = {
            name: value for name, value in (("service", service), ("client", client)) if value is not None
        }
        self.timeout = DEFAULT_TIMEOUT if timeout is None else timeout
        self._codec = Codec(parse_float)
        self._local = threading.local()
        self._waiting = 0
        self._count = threading.Lock()
        self.closed = False
        self._all: weakref.WeakSet[Connection] = weakref.WeakSet()
        _transports.add(self)

    def after_fork(self) -> None:
        # Another thread of the parent may have held it.
        self._count = threading.Lock()
        self._waiting = 0

    def close(self) -> None:
        """Closes all connections; calls under way in other threads end with an error."""
        self.closed = True
        for connection in list(self._all):
            connection.shut_down()
        mine = getattr(self._local, "connection", None)
        if mine is not None:
            mine.close()

    def open(self, call: Call) -> Connection:
        """A new connection for a call, and what the sidecar says at its beginning; OSError or Refused."""
        if self.closed:
            raise Unavailable("the room is closed")
        connection = Connection(socket_path(self._path), self._codec, call.timeout + GRACE)
        self._all.add(connection)
        hello = Call("system.hello", "read", dict(self._hello), max(call.remaining(), 0.001))
        try:
            answer = connection.exchange(hello)
        except ConnectionLost as lost:
            raise ConnectionResetError("the connection was lost at its beginning") from lost
        except InvalidParams:
            connection.close()
            raise
        except CloakroomError:
            connection.close()
            raise call.out_of_time(sent=False) from None
        if "result" not in answer:
            connection.close()
            raise Refused(from_reply(answer.get("error")))
        connection.limits = Limits(answer["result"])
        return connection

    def _connection(self, call: Call) -> Connection:
        connection: Optional[Connection] = getattr(self._local, "connection", None)
        if connection is None or connection.closed:
            connection = self.open(call)
            self._local.connection = connection
        elif self.closed:
            raise Unavailable("the room is closed")
        return connection

    def pause(self, seconds: float, call: Call) -> None:
        with self._count:
            if self._waiting >= MAX_WAITING:
                raise call.too_many_wait()
            self._waiting += 1
        try:
            time.sleep(seconds)
        finally:
            with self._count:
                self._waiting -= 1

    def notify(
        self, method: str, params: Dict[str, Any], common: Mapping[str, Any], defaults: Mapping[str, Any]
    ) -> None:
        """Sends a call that is never answered."""
        call = prepare(method, params, common, defaults, self.timeout, "connection")
        while True:
            try:
                return self._connection(call).notify(call)
            except Refused as refusal:
                pause = call.after_error(refusal.error)
            except (ConnectionLost, OSError) as fault:
                pause = call.after_no_connection(fault)
            self.pause(pause, call)

    def call(
        self, method: str, params: Dict[str, Any], common: Mapping[str, Any], defaults: Mapping[str, Any]
    ) -> Any:
        """Makes a call until it is answered, as far as its effect and its time allow."""
        call = prepare(method, params, common, defaults, self.timeout)
        while True:
            try:
                connection = self._connection(call)
            except Refused as refusal:
                pause = call.after_error(refusal.error)
            except OSError as fault:
                pause = call.after_no_connection(fault)
            else:
                try:
                    answer = connection.exchange(call)
                except ConnectionLost as lost:
                    if self.closed:
                        raise call.closed(lost.sent) from None
                    pause = call.after_loss() if lost.sent else call.after_no_connection(lost)
                else:
                    if "result" in answer:
                        return answer["result"]
                    pause = call.after_error(from_reply(answer.get("error")))
            self.pause(pause, call)
