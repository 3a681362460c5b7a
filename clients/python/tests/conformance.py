"""The Python clients' program for the conformance suite: a command a line in, an answer a line out.

`conformance.py` is the blocking client, `conformance.py aio` the one for asyncio.
"""

import asyncio
import base64
import json
import os
import queue
import signal
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "src"))
from cloakroom import AsyncRoom, CloakroomError, Gap, Room  # noqa: E402


class GivenUp(Exception):
    """The call's caller doesn't want it any more."""


def give_up(*_):
    raise GivenUp


def binary(value):
    return base64.b64decode(value["$base64"]) if list(value) == ["$base64"] else value


def read(text, numbers):
    return json.loads(text, parse_float=Decimal if numbers == "exact" else float, object_hook=binary)


def write(value):
    """JSON text of what a call has answered; json has no way to write a Decimal."""
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, bytes):
        return json.dumps({"$base64": base64.b64encode(value).decode()})
    if isinstance(value, list):
        return f"[{','.join(map(write, value))}]"
    if isinstance(value, dict):
        return f"{{{','.join(f'{json.dumps(name)}:{write(item)}' for name, item in value.items())}}}"
    return json.dumps(value)


def failure(fault):
    if isinstance(fault, (GivenUp, asyncio.CancelledError)):
        return {"error": "CANCELLED"}
    if not isinstance(fault, CloakroomError):
        return {"error": f"{type(fault).__name__}: {fault}"}
    answer = {"error": fault.reason, "message": fault.message, "retryable": fault.retryable}
    return answer if fault.retry_after_ms is None else {**answer, "retryAfterMs": fault.retry_after_ms}


def told(event):
    if event is None:
        return {"none": True}
    if isinstance(event, Gap):
        return {"gap": event.reason}
    return {"event": write(event.data), "channel": event.channel}


def call_of(command, numbers):
    common = {"timeout": command["timeout"]} if "timeout" in command else {}
    return (command["method"], read(command["params"], numbers)), common


def room_of(kind, command, numbers):
    given = {name: command[name] for name in ("timeout", "service", "client") if name in command}
    if numbers == "exact":
        given["parse_float"] = Decimal
    return kind(command["path"], **given)


class Threads:
    """A thread of its own takes the commands, so that a call can be the main thread's: signals end only those."""

    def __init__(self):
        self.room, self.numbers = None, "exact"
        self.calls, self.subscriptions = {}, {}
        self.main = queue.SimpleQueue()
        self.main_call = None

    def run(self):
        signal.signal(signal.SIGUSR1, give_up)
        threading.Thread(target=self.take_commands, daemon=True).start()
        while True:
            try:
                job = self.main.get()
                if job is None:
                    return
                job()
            except GivenUp:
                pass  # Its call had ended by itself.

    def take_commands(self):
        for line in sys.stdin:
            print(json.dumps(self.answer(json.loads(line))), flush=True)
        self.main.put(None)

    def answer(self, command):
        try:
            return getattr(self, "do_" + command["do"])(command) or {"ok": True}
        except Exception as fault:
            return failure(fault)

    def do_open(self, command):
        if self.room is not None:
            self.room.close()
        self.numbers = command.get("numbers", "exact")
        self.room = room_of(Room, command, self.numbers)

    def do_call(self, command):
        if "as" in command:
            return self.begin(command)
        if "times" in command:
            return self.call_often(command)
        given, common = call_of(command, self.numbers)
        return {"result": write(self.room.call(*given, **common))}

    def begin(self, command):
        answers = self.calls[command["as"]] = queue.SimpleQueue()
        plain = {name: value for name, value in command.items() if name != "as"}

        def job():
            answers.put(self.answer(plain))
            self.main_call = None

        if self.main_call is None:
            self.main_call = command["as"]
            self.main.put(job)
        else:
            threading.Thread(target=job, daemon=True).start()

    def call_often(self, command):
        answers = []
        once = {name: value for name, value in command.items() if name != "times"}
        threads = [
            threading.Thread(target=lambda: answers.append(self.answer(once)))
            for _ in range(command["times"])
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return {"answers": answers}

    def do_await(self, command):
        return self.calls.pop(command["as"]).get()

    def do_cancel(self, command):
        if self.main_call == command["as"]:
            signal.pthread_kill(threading.main_thread().ident, signal.SIGUSR1)

    def do_notify(self, command):
        given, common = call_of(command, self.numbers)
        self.room.notify(*given, **common)

    def do_subscribe(self, command):
        subscription = self.room.events.subscribe(command.get("channel"), pattern=command.get("pattern"))
        self.subscriptions[command["as"]] = subscription

    def do_next(self, command):
        return told(self.subscriptions[command["as"]].next(command.get("wait", 10)))

    def do_unsubscribe(self, command):
        self.subscriptions.pop(command["as"]).close()

    def do_close(self, _):
        self.room.close()

    def do_fork(self, command):
        mine, childs = os.pipe()
        child = os.fork()
        if child == 0:
            try:
                answers = [self.answer(inner) for inner in command["child"]]
                os.write(childs, json.dumps(answers).encode())
            finally:
                os._exit(0)
        os.close(childs)
        parents = [self.answer(inner) for inner in command["parent"]]
        with open(mine, encoding="utf-8") as pipe:
            answers = json.loads(pipe.read() or "[]")
        os.waitpid(child, 0)
        return {"child": answers, "parent": parents}


class Tasks:
    """The same with tasks of one loop."""

    def __init__(self):
        self.thread = ThreadPoolExecutor(1)
        self.room, self.numbers = None, "exact"
        self.calls, self.subscriptions = {}, {}

    async def run(self):
        while True:
            line = await self.elsewhere(sys.stdin.readline)
            if not line:
                return
            print(json.dumps(await self.answer(json.loads(line))), flush=True)

    async def elsewhere(self, function):
        return await asyncio.get_running_loop().run_in_executor(self.thread, function)

    async def answer(self, command):
        try:
            return await getattr(self, "do_" + command["do"])(command) or {"ok": True}
        except (Exception, asyncio.CancelledError) as fault:
            return failure(fault)

    async def do_open(self, command):
        if self.room is not None:
            await self.room.close()
        self.numbers = command.get("numbers", "exact")
        self.room = room_of(AsyncRoom, command, self.numbers)

    async def do_call(self, command):
        if "as" in command:
            plain = {name: value for name, value in command.items() if name != "as"}
            self.calls[command["as"]] = asyncio.ensure_future(self.answer(plain))
            return None
        if "times" in command:
            once = {name: value for name, value in command.items() if name != "times"}
            return {"answers": await asyncio.gather(*(self.answer(once) for _ in range(command["times"])))}
        given, common = call_of(command, self.numbers)
        return {"result": write(await self.room.call(*given, **common))}

    async def do_await(self, command):
        return await self.calls.pop(command["as"])

    async def do_cancel(self, command):
        self.calls[command["as"]].cancel()

    async def do_notify(self, command):
        given, common = call_of(command, self.numbers)
        await self.room.notify(*given, **common)

    async def do_subscribe(self, command):
        subscription = self.room.events.subscribe(command.get("channel"), pattern=command.get("pattern"))
        self.subscriptions[command["as"]] = await subscription.__aenter__()

    async def do_next(self, command):
        subscription = self.subscriptions[command["as"]]
        try:
            return told(await asyncio.wait_for(subscription.next(), command.get("wait", 10)))
        except asyncio.TimeoutError:
            return told(None)

    async def do_unsubscribe(self, command):
        self.subscriptions.pop(command["as"]).close()

    async def do_close(self, _):
        await self.room.close()

    async def do_fork(self, command):
        mine, childs = os.pipe()
        child = os.fork()
        if child == 0:
            try:
                answers = asyncio.run(self.answers(command["child"]))
                os.write(childs, json.dumps(answers).encode())
            finally:
                os._exit(0)
        os.close(childs)
        parents = await self.answers(command["parent"])
        with open(mine, encoding="utf-8") as pipe:
            answers = json.loads(await self.elsewhere(pipe.read) or "[]")
        os.waitpid(child, 0)
        return {"child": answers, "parent": parents}

    async def answers(self, commands):
        return [await self.answer(command) for command in commands]


if sys.argv[1:] == ["aio"]:
    asyncio.run(Tasks().run())
else:
    Threads().run()
