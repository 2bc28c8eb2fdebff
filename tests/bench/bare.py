"""The limit that sockets are measured against: an ASGI application that serialises once and sends to everyone.

`python -m tests.bench.bare PORT`. A POST of N sends N messages, one every tenth of a second, each holding the
(monotonic) time at which it began.
"""

import asyncio
import json
import sys
import time
from typing import Any

import uvicorn

EVENT = {
    "cursor": "NTE1NC4xMg",
    "type": "BOOKED",
    "occurredAt": "2027-02-01T08:00:00+00:00",
    "appointment": {
        "id": "QXBwb2ludG1lbnQ6MTIzNDU2",
        "status": "CONFIRMED",
        "start": "2027-03-01T09:00:00+00:00",
        "end": "2027-03-01T10:00:00+00:00",
        "version": 1,
        "staff": {"id": "U3RhZmY6MTIz", "name": "Anna Smith"},
        "service": {"name": "Deep clean"},
        "address": {"postcode": "SW1A 2AA"},
    },
    "previous": None,
}

_sends: set[Any] = set()
_running: set[asyncio.Task[None]] = set()


async def application(scope: dict[str, Any], receive: Any, send: Any) -> None:
    if scope["type"] == "lifespan":
        while True:
            message = await receive()
            await send({"type": f"{message['type']}.complete"})
            if message["type"] == "lifespan.shutdown":
                return
    elif scope["type"] == "http":
        body = (await receive()).get("body", b"")
        task = asyncio.create_task(_tell(int(body)))
        _running.add(task)
        task.add_done_callback(_running.discard)
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body", "body": b""})
    else:
        await _serve(receive, send)


async def _serve(receive: Any, send: Any) -> None:
    await receive()
    await send({"type": "websocket.accept", "subprotocol": "graphql-transport-ws"})
    _sends.add(send)
    try:
        while (await receive())["type"] != "websocket.disconnect":
            pass
    finally:
        _sends.discard(send)


async def _tell(number: int) -> None:
    for _ in range(number):
        message = {"id": "1", "type": "next", "payload": {"data": {"scheduleEvents": EVENT}}, "sent": time.monotonic()}
        text = json.dumps(message)
        for send in list(_sends):
            await send({"type": "websocket.send", "text": text})
        await asyncio.sleep(0.1)


if __name__ == "__main__":
    uvicorn.run(application, port=int(sys.argv[1]), ws_per_message_deflate=False, access_log=False, log_level="warning")
