"""The Python SDK: `auto` asks the server, `legacy` shakes hands, and a revision is held to.

Tells what it found as the scripts in JavaScript do (`report.mjs`).
"""

import asyncio
import os
import re
import threading
from urllib.parse import parse_qs, urlsplit

import features
import httpx2
from mcp import Client, MCPError, StdioServerParameters
from mcp.client.auth import OAuthClientProvider
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.auth import AuthorizationCodeResult, OAuthClientMetadata
from report import HTTP, PATIENCE, SCENE, Heard, check, tell, told

STEPS = 5
CALLBACK = "http://127.0.0.1:8976/callback"


def main():
    threading.Thread(target=end_with_starter, daemon=True).start()
    asyncio.run(matrix())


def end_with_starter():
    # Not through `sys.stdin`, which is locked while it is read and so could not be closed at the end.
    while os.read(0, 4096):
        pass
    os._exit(1)


async def matrix():
    made = set()
    seen = Heard()
    try:
        async with asyncio.timeout(5 * PATIENCE):
            await session(made, seen)
        await check("close", closed(seen))
    except BaseException as error:
        tell("FAIL", "close" if "connect" in made else "connect", told(error))
    connected = "connect" in made
    if not connected:
        for name in ("list", "call", "bad args", "progress", *features.NAMES, "close"):
            tell("FAIL", name, "not connected")
    await check("no token", refused(connected, {"no token": None}))
    await check("wrong token", refused(connected, SCENE["wrong"]))
    if HTTP:
        await check("login", login())
    else:
        tell("CANNOT", "login", "over stdio nobody logs in: the token is in the environment")


async def session(made, seen):
    """The checks within one connection; notes the names of those that were made."""
    host = features.Host()
    async with client_of(SCENE["token"], seen, host) as client:
        # A revision that is held to is not asked about: without a request nothing has been sent.
        await client.list_tools()
        version = client.protocol_version
        assert version == SCENE["revision"], version
        tell("PASS", "connect", version)
        made.add("connect")
        await check("list", listed(client))
        await check("call", called(client))
        await check("bad args", bad_arguments(client))
        await check("progress", progress(client))
        await features.run(client, host, seen)


async def closed(seen):
    """A session is given back where there was one; a server may also keep it (405)."""
    statuses = [status for method, status, *_ in seen if method == "DELETE"]
    assert all(status < 300 or status == 405 for status in statuses), statuses
    return f"DELETE: {statuses}" if statuses else "no session"


def client_of(token, seen, host=None):
    answers = {} if host is None else host.callbacks()
    if HTTP:
        headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        return over_http(seen, answers, headers=headers)
    server = SCENE["server"]
    own = {} if token is None else {server["variable"]: token}
    parameters = StdioServerParameters(
        command=server["command"], args=server["args"], env=server["env"] | own
    )
    return Client(parameters, mode=SCENE["mode"], **answers)


def over_http(seen, answers, **options):
    """A client whose answers over HTTP are noted down."""

    async def note(answer):
        challenge = answer.headers.get("www-authenticate") or ""
        after = answer.request.headers.get("last-event-id")
        await seen.add((answer.request.method, answer.status_code, challenge, after))

    http = httpx2.AsyncClient(timeout=PATIENCE, event_hooks={"response": [note]}, **options)
    transport = streamable_http_client(SCENE["url"], http_client=http)
    return Client(transport, mode=SCENE["mode"], **answers)


async def listed(client):
    names = [tool.name for tool in (await client.list_tools()).tools]
    assert {"add", "count"} <= set(names), names
    return ", ".join(names)


async def called(client):
    added = await client.call_tool("add", {"a": 2, "b": 3})
    assert not added.is_error and added.content[0].text == "5", added
    return "2 + 3 = 5"


async def bad_arguments(client):
    try:
        result = await client.call_tool("add", {"a": "two"})
    except MCPError as error:
        assert error.error.code == -32602, error
        return "error -32602"
    assert result.is_error, result
    return "isError"


async def progress(client):
    events = []

    async def note(progress, total, message):
        events.append(progress)

    counted = await client.call_tool("count", {"to": STEPS}, progress_callback=note)
    events.append("result")
    assert not counted.is_error, counted
    assert events == [1, 2, 3, 4, 5, "result"], events
    return f"{STEPS} notes, then the result"


async def refused(connected, tokens):
    # A server that nobody reaches refuses nobody.
    assert connected, "not connected"
    said = []
    for name, token in tokens.items():
        seen = Heard()
        try:
            async with client_of(token, seen) as client:
                await client.list_tools()
        except Exception as error:
            said.append(f"{name}: {judge_401(name, token, seen) if HTTP else told(error)}")
        else:
            raise AssertionError(f"connected with {name}")
    return "; ".join(said)


def judge_401(name, token, seen):
    """The SDK has no name for a 401 where no provider is set, so its answers are looked at."""
    assert seen and all(status == 401 for _, status, *_ in seen), (name, seen)
    for _, _, challenge, _ in seen:
        assert re.match(r'Bearer .*resource_metadata="', challenge), (name, challenge)
        assert ('error="invalid_token"' in challenge) == (token is not None), (name, challenge)
    return "401"


async def login():
    """From nothing but the endpoint: challenge, metadata, registration, code, token, call."""
    user = User()
    metadata = OAuthClientMetadata(
        client_name="toolgate clients",
        redirect_uris=[CALLBACK],
        grant_types=["authorization_code"],
        token_endpoint_auth_method="none",
    )
    provider = OAuthClientProvider(SCENE["url"], metadata, user, user.asked, user.consents)
    async with over_http(Heard(), {}, auth=provider) as client:
        said = await called(client)
    return f"scope {user.query['scope'][0]}, then {said}"


class User:
    """Remembers what the client wants remembered, and says yes in the browser."""

    def __init__(self):
        self.tokens = self.client = None

    async def get_tokens(self):
        return self.tokens

    async def set_tokens(self, tokens):
        self.tokens = tokens

    async def get_client_info(self):
        return self.client

    async def set_client_info(self, client):
        self.client = client

    async def asked(self, url):
        self.url, self.query = url, parse_qs(urlsplit(url).query)

    async def consents(self):
        async with httpx2.AsyncClient(timeout=PATIENCE) as browser:
            answer = await browser.get(self.url)
        back = answer.headers.get("location", "")
        assert answer.status_code == 302 and back.startswith(CALLBACK), answer.text
        query = {name: values[0] for name, values in parse_qs(urlsplit(back).query).items()}
        return AuthorizationCodeResult(
            code=query["code"], state=query.get("state"), iss=query.get("iss")
        )


main()
