"""The limit: JSON that PostgreSQL builds in one statement, handed on by a bare ASGI application."""

import os
from collections.abc import Awaitable, Callable
from typing import Any

from psycopg_pool import AsyncConnectionPool

_INSTANT = """'YYYY-MM-DD"T"HH24:MI:SS"+00:00"'"""


def _id(kind: str, column: str) -> str:
    return f"replace(encode(convert_to('{kind}:' || {column}, 'UTF8'), 'base64'), E'\\n', '')"


def _money(amount: str, currency: str) -> str:
    return f"json_build_object('amount', {amount}::text, 'currency', {currency})"


# What follows are statements of our own making, of constants only.
LIST = f"""
SELECT json_build_object('data', json_build_object('appointments', json_build_object('edges',
  coalesce(json_agg(json_build_object('node', visit)), '[]'))))::text
FROM (
  SELECT json_build_object(
    'id', {_id("Appointment", "a.id")}, 'status', a.status,
    'start', to_char(a.start AT TIME ZONE 'UTC', {_INSTANT}), 'end', to_char(a."end" AT TIME ZONE 'UTC', {_INSTANT}),
    'price', {_money("b.price", "b.currency")},
    'staff', json_build_object('id', {_id("Staff", "s.id")}, 'name', s.name),
    'service', json_build_object('id', {_id("Service", "v.id")}, 'name', v.name,
      'durationMinutes', v.duration_minutes),
    'customer', json_build_object('name', b.contact_name),
    'address', json_build_object('line1', b.line1, 'postcode', b.postcode),
    'order', json_build_object('orderNumber', o.order_number, 'status', o.status,
      'items', (
        SELECT json_agg(json_build_object('quantity', j.quantity, 'service', json_build_object('name', w.name),
          'totalPrice', json_build_object('amount', j.total_price::text)) ORDER BY j.position, j.id)
        FROM orders_orderitem j JOIN catalogue_service w ON w.id = j.service_id WHERE j.order_id = o.id))
  ) AS visit
  FROM scheduling_appointment a
  JOIN scheduling_customerappointment b ON b.appointment_id = a.id
  JOIN staff_staff s ON s.id = a.staff_id
  JOIN catalogue_service v ON v.id = a.service_id
  JOIN orders_orderitem i ON i.appointment_id = a.id
  JOIN orders_order o ON o.id = i.order_id
  ORDER BY a.start, a.id LIMIT 50
) visits
"""  # noqa: S608

NODE = f"""
SELECT json_build_object('data', json_build_object('node', json_build_object(
  'id', {_id("Service", "v.id")}, 'name', v.name, 'durationMinutes', v.duration_minutes,
  'price', {_money("v.price", "'GBP'")})))::text
FROM catalogue_service v WHERE v.id = (SELECT min(id) FROM catalogue_service)
"""  # noqa: S608

STATEMENTS = {"/list": LIST, "/node": NODE}
_pool: AsyncConnectionPool | None = None


async def application(
    scope: dict[str, Any],
    receive: Callable[[], Awaitable[dict[str, Any]]],
    send: Callable[[dict[str, Any]], Awaitable[None]],
) -> None:
    """One statement, one answer."""
    global _pool
    if scope["type"] == "lifespan":
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                _pool = AsyncConnectionPool(os.environ["DATABASE_URL"], min_size=8, max_size=8, open=False)
                await _pool.open(wait=True)
            elif _pool is not None:
                await _pool.close()
            await send({"type": f"{message['type']}.complete"})
            if message["type"] == "lifespan.shutdown":
                return
    assert _pool is not None
    async with _pool.connection() as connection:
        row = await (await connection.execute(STATEMENTS[scope["path"]], prepare=True)).fetchone()
    body = row[0].encode() if row else b"null"
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})
