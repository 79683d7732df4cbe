"""What is checked of the Python SDK beyond calling tools: as `features.mjs` does."""

import asyncio
import uuid

from mcp import MCPError
from mcp.types import (
    CreateMessageResult,
    ElicitResult,
    PromptReference,
    ResourceTemplateReference,
    ResourceUpdatedNotification,
    TextContent,
)
from report import HTTP, MODERN, Heard, check, tell

LOG_LEVEL = "io.modelcontextprotocol/logLevel"
NOTE = "note://today"
NAMES = (
    "logging",
    "elicit",
    "sample",
    "resources",
    "updates",
    "complete",
    "prompts",
    "cancel",
    "resume",
)


class Host:
    """The program around the client: hears notes, and answers what it is asked."""

    def __init__(self):
        self.logged, self.updated, self.asked = Heard(), Heard(), []
        self.answers = [ElicitResult(action="accept", content={"name": "Ann"})]
        self.answers.append(ElicitResult(action="decline"))

    def callbacks(self):
        return {
            "logging_callback": self.log,
            "message_handler": self.message,
            "elicitation_callback": self.elicit,
            "sampling_callback": self.sample,
        }

    async def log(self, params):
        await self.logged.add(params.level)

    async def message(self, message):
        if isinstance(message, ResourceUpdatedNotification):
            await self.updated.add(str(message.params.uri))

    async def elicit(self, context, params):
        self.asked.append(params.message)
        return self.answers.pop(0)

    async def sample(self, context, params):
        self.asked.append(params.messages[0].content.text)
        content = TextContent(type="text", text="Paris")
        return CreateMessageResult(role="assistant", content=content, model="none")


async def run(client, host, seen):
    await check("logging", logging(client, host))
    await check("elicit", elicit(client, host))
    await check("sample", sample(client, host))
    await check("resources", resources(client))
    await check("updates", updates(client, host, seen))
    await check("complete", complete(client))
    await check("prompts", prompts(client))
    await check("cancel", cancel(client))
    if MODERN:
        tell("CANNOT", "resume", "streams of 2026-07-28 end with their connection")
    elif HTTP:
        await check("resume", resume(client, seen))
    else:
        tell("CANNOT", "resume", "over stdio there is no stream to come back to")


async def logging(client, host):
    """In the old era a level is set, in the new one a request asks for it."""
    if MODERN:
        await text_of(client, "log")
        assert host.logged == [], ("nobody asked", host.logged)
        await text_of(client, "log", meta={LOG_LEVEL: "warning"})
    else:
        await client.set_logging_level("warning")
        await text_of(client, "log")
    await host.logged.until(lambda all: len(all) >= 2)
    assert host.logged == ["warning", "error"], host.logged
    return "from `warning` on"


async def elicit(client, host):
    assert await text_of(client, "ask_person") == "Hello, Ann!"
    assert await text_of(client, "ask_person") == "Hello, whoever you are!"
    assert host.asked == ["Who are you?"] * 2, host.asked
    return "accepted, declined"


async def sample(client, host):
    assert await text_of(client, "ask_model") == "Paris"
    assert host.asked[-1] == "What is the capital of France?", host.asked
    return "Paris"


async def resources(client):
    listed = [str(it.uri) for it in (await client.list_resources()).resources]
    templates = (await client.list_resource_templates()).resource_templates
    families = [it.uri_template for it in templates]
    assert (listed, families) == ([NOTE], ["greeting://{language}"]), (listed, families)
    assert await read(client, "greeting://french") == "bonjour"
    try:
        await read(client, "greeting://klingon")
    except MCPError as error:
        assert error.error.code == (-32602 if MODERN else -32002), error
    else:
        raise AssertionError("it was read")
    return f"{NOTE}; {families[0]}"


async def updates(client, host, seen):
    text = str(uuid.uuid4())
    if MODERN:
        async with client.listen(resource_subscriptions=[NOTE]) as stream:
            await text_of(client, "write", {"text": text})
            event = await anext(aiter(stream))
            assert str(event.uri) == NOTE, event
    else:
        # Updates come on the session's own stream.
        if HTTP:
            await seen.until(lambda all: any(it[0] == "GET" for it in all))
        await client.subscribe_resource(NOTE)
        await text_of(client, "write", {"text": text})
        await host.updated.until(lambda all: all)
        assert host.updated[0] == NOTE, host.updated
        await client.unsubscribe_resource(NOTE)
    assert await read(client, NOTE) == text
    return "subscriptions/listen" if MODERN else "resources/subscribe"


async def complete(client):
    template = ResourceTemplateReference(type="ref/resource", uri="greeting://{language}")
    for ref in (template, PromptReference(type="ref/prompt", name="greet")):
        found = await client.complete(ref, {"name": "language", "value": "f"})
        assert found.completion.values == ["finnish", "french"], (ref, found)
    return "finnish, french"


async def prompts(client):
    names = [it.name for it in (await client.list_prompts()).prompts]
    assert names == ["greet"], names
    got = await client.get_prompt("greet", {"name": "Ann", "language": "french"})
    assert got.messages[0].content.text == "Greet Ann in french.", got
    return "greet"


async def cancel(client):
    """The call has begun when it reports its first step, and has ended when the server says so."""
    name = str(uuid.uuid4())
    begun = asyncio.Event()

    async def note(progress, total, message):
        begun.set()

    waiting = asyncio.create_task(
        client.call_tool("wait", {"name": name}, progress_callback=note)
    )
    await begun.wait()
    waiting.cancel()
    await asyncio.wait([waiting])
    assert waiting.cancelled(), "it was answered"
    assert await text_of(client, "waited", {"name": name}) == "ended"
    return "the call ended"


async def resume(client, seen):
    assert await text_of(client, "let_go") == "welcome back"
    back = [(status, after) for _, status, _, after in seen if after is not None]
    assert back and all(status == 200 for status, _ in back), back
    return f"came back after event {back[0][1]}"


async def read(client, uri):
    # What was read before is of no interest.
    return (await client.read_resource(uri, cache_mode="bypass")).contents[0].text


async def text_of(client, name, arguments=None, meta=None):
    result = await client.call_tool(name, arguments or {}, meta=meta)
    assert not result.is_error, result
    return result.content[0].text
