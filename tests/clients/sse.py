"""The Python SDK over the transport that streamable HTTP has replaced.

Tells what it found as the scripts in JavaScript do (`report.mjs`).
"""

import asyncio

from mcp import ClientSession
from mcp.client.sse import sse_client
from report import SCENE, check

STEPS = 5


async def main():
    await check("connect, call, progress", session())
    await check("refused", refused())


async def session():
    headers = {"Authorization": f"Bearer {SCENE['token']}"}
    async with sse_client(SCENE["url"], headers=headers) as streams:
        async with ClientSession(*streams) as client:
            await client.initialize()
            added = await client.call_tool("add", {"a": 2, "b": 3})
            assert added.content[0].text == "5", added
            events = []

            async def note(progress, total, message):
                events.append(progress)

            await client.call_tool("count", {"to": STEPS}, progress_callback=note)
            assert events == [1, 2, 3, 4, 5], events
    return f"2 + 3 = 5, and {STEPS} notes before the result"


async def refused():
    try:
        async with sse_client(SCENE["url"]):
            pass
    except Exception as error:
        while isinstance(error, ExceptionGroup):
            error = error.exceptions[0]
        assert "401" in str(error), error
        return "401"
    raise AssertionError("connected without a token")


asyncio.run(main())
