"""The Python client's program for the runner: a JSON command a line in, an answer a line out.

`program.py PATH` is the blocking client, `program.py PATH aio` the one for asyncio.
"""

import asyncio
import base64
import json
import sys
from concurrent.futures import ThreadPoolExecutor

from cloakroom import AsyncRoom, CloakroomError, Gap, Room


def other(value):
    return {"$base64": base64.b64encode(value).decode()}


def told(event):
    if event is None:
        return {"error": "no event"}
    return {"result": json.dumps({"gap": event.reason} if isinstance(event, Gap) else {"event": event.data})}


def arguments(command):
    common = {"timeout": command["timeout"]} if "timeout" in command else {}
    return command["call"], json.loads(command["params"]), common


def threads(path):
    room, subscription = Room(path), None
    for line in sys.stdin:
        command = json.loads(line)
        try:
            if "subscribe" in command:
                subscription = room.events.subscribe(command["subscribe"])
                yield {"result": "true"}
            elif "next" in command:
                yield told(subscription.next(10))
            elif "times" in command:
                with ThreadPoolExecutor(50) as pool:
                    method, params, common = arguments(command)
                    calls = [pool.submit(room.call, method, params, **common) for _ in range(command["times"])]
                    yield {"result": json.dumps([call.result() for call in calls], default=other)}
            else:
                method, params, common = arguments(command)
                yield {"result": json.dumps(room.call(method, params, **common), default=other)}
        except CloakroomError as fault:
            yield {"error": fault.reason}


async def tasks(path):
    room, subscription = AsyncRoom(path), None
    loop = asyncio.get_running_loop()
    while True:
        line = await loop.run_in_executor(None, sys.stdin.readline)
        if not line:
            return
        command = json.loads(line)
        try:
            if "subscribe" in command:
                subscription = await room.events.subscribe(command["subscribe"]).__aenter__()
                answer = {"result": "true"}
            elif "next" in command:
                answer = told(await asyncio.wait_for(subscription.next(), 10))
            else:
                method, params, common = arguments(command)
                calls = [room.call(method, params, **common) for _ in range(command.get("times", 1))]
                results = await asyncio.gather(*calls)
                whole = results if "times" in command else results[0]
                answer = {"result": json.dumps(whole, default=other)}
        except CloakroomError as fault:
            answer = {"error": fault.reason}
        print(json.dumps(answer), flush=True)


if sys.argv[2:] == ["aio"]:
    asyncio.run(tasks(sys.argv[1]))
else:
    for reply in threads(sys.argv[1]):
        print(json.dumps(reply), flush=True)
