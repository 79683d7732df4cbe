"""How a script in Python tells what it found: as `report.mjs` does."""

import asyncio
import json
import os

PATIENCE = 15.0
SCENE = json.loads(os.environ["SCENE"])
HTTP = SCENE.get("transport") == "http"
MODERN = SCENE.get("revision") == "2026-07-28"


async def check(name, body):
    try:
        async with asyncio.timeout(PATIENCE):
            said = await body
    except Exception as error:
        tell("FAIL", name, told(error))
    else:
        tell("PASS", name, said)


def tell(verdict, name, text):
    print(f"{verdict} {name}: {' '.join(str(text).split())[:300]}", flush=True)


def told(error):
    """What went wrong, without the groups around it."""
    while isinstance(error, BaseExceptionGroup) and error.exceptions:
        error = error.exceptions[0]
    return f"{type(error).__name__}: {error}"


class Heard(list):
    """What came so far; whoever waits looks at it again with everything that comes."""

    def __init__(self):
        super().__init__()
        self.came = asyncio.Condition()

    async def add(self, it):
        async with self.came:
            self.append(it)
            self.came.notify_all()

    async def until(self, enough):
        async with self.came:
            await self.came.wait_for(lambda: enough(self))
