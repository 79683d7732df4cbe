// What is checked of a TypeScript SDK beyond calling tools: what else a server can have, and what
// it can ask its client.

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { Heard, cannot, check, scene, told } from './report.mjs';

const LOG_LEVEL = 'io.modelcontextprotocol/logLevel';
const NOTE = 'note://today';
const http = scene.transport === 'http';
const modern = scene.revision === '2026-07-28';

// `connected` gives `client` and `seen`, the answers over HTTP. Of the SDK this needs, beside what
// `matrix` does, `onNote(client, method, handle)`, `onAsk(client, method, handle)` and
// `unknownResource`, the code by which it tells one in the old era.
export async function features(sdk, connected) {
  await check('logging', () => logging(sdk, connected().client));
  await check('elicit', () => elicit(sdk, connected().client));
  await check('sample', () => sample(sdk, connected().client));
  await check('resources', () => resources(sdk, connected().client));
  await check('updates', () => updates(sdk, connected()));
  await check('complete', () => complete(connected().client));
  await check('prompts', () => prompts(connected().client));
  await check('cancel', () => cancel(sdk, connected().client));
  if (modern) cannot('resume', 'streams of 2026-07-28 end with their connection');
  else if (http) await check('resume', () => resume(sdk, connected()));
  else cannot('resume', 'over stdio there is no stream to come back to');
}

// In the old era a level is set, in the new one a request asks for it.
async function logging(sdk, client) {
  const heard = new Heard();
  sdk.onNote(client, 'notifications/message', ({ params }) => heard.push(params.level));
  const log = (more) => textOf(sdk, client, { name: 'log', arguments: {}, ...more });
  if (modern) {
    await log();
    assert.deepEqual([...heard], [], 'nobody asked');
    await log({ _meta: { [LOG_LEVEL]: 'warning' } });
  } else {
    await client.setLoggingLevel('warning');
    await log();
  }
  await heard.until((all) => all.length >= 2);
  assert.deepEqual([...heard], ['warning', 'error']);
  return { said: 'from `warning` on' };
}

async function elicit(sdk, client) {
  const answers = [{ action: 'accept', content: { name: 'Ann' } }, { action: 'decline' }];
  const asked = [];
  sdk.onAsk(client, 'elicitation/create', async ({ params }) => {
    asked.push(params);
    return answers[asked.length - 1];
  });
  const ask = () => textOf(sdk, client, { name: 'ask_person', arguments: {} });
  assert.equal(await ask(), 'Hello, Ann!');
  assert.equal(await ask(), 'Hello, whoever you are!');
  assert.equal(asked.length, 2);
  assert.equal(asked[0].message, 'Who are you?');
  assert.deepEqual(Object.keys(asked[0].requestedSchema.properties), ['name']);
  return { said: 'accepted, declined' };
}

async function sample(sdk, client) {
  let asked;
  sdk.onAsk(client, 'sampling/createMessage', async ({ params }) => {
    asked = params;
    return { model: 'none', role: 'assistant', content: { type: 'text', text: 'Paris' } };
  });
  assert.equal(await textOf(sdk, client, { name: 'ask_model', arguments: {} }), 'Paris');
  assert.match(JSON.stringify(asked.messages), /capital of France/);
  return { said: 'Paris' };
}

async function resources(sdk, client) {
  const listed = (await client.listResources()).resources.map(({ uri }) => uri);
  const families = (await client.listResourceTemplates()).resourceTemplates;
  assert.deepEqual(listed, [NOTE]);
  assert.deepEqual(families.map(({ uriTemplate }) => uriTemplate), ['greeting://{language}']);
  const { contents } = await client.readResource({ uri: 'greeting://french' });
  assert.equal(contents[0].text, 'bonjour');
  const missing = client.readResource({ uri: 'greeting://klingon' });
  const error = await missing.then(() => assert.fail('was read'), (error) => error);
  assert.equal(error.code, modern ? -32602 : sdk.unknownResource, told(error));
  return { said: `${listed}; ${families[0].uriTemplate}` };
}

async function updates(sdk, { client, seen }) {
  const heard = new Heard();
  sdk.onNote(client, 'notifications/resources/updated', ({ params }) => heard.push(params.uri));
  const text = randomUUID();
  const end = await watch(client, seen);
  await textOf(sdk, client, { name: 'write', arguments: { text } });
  await heard.until((all) => all.length > 0);
  assert.equal(heard[0], NOTE);
  const { contents } = await client.readResource({ uri: NOTE });
  assert.equal(contents[0].text, text);
  await end();
  return { said: modern ? 'subscriptions/listen' : 'resources/subscribe' };
}

// Gives what ends it.
async function watch(client, seen) {
  if (modern) {
    const stream = await client.listen({ resourceSubscriptions: [NOTE] });
    assert.deepEqual(stream.honoredFilter.resourceSubscriptions, [NOTE]);
    return () => stream.close();
  }
  // Updates come on the session's own stream.
  if (http) await seen.until((all) => all.some(({ method }) => method === 'GET'));
  await client.subscribeResource({ uri: NOTE });
  return () => client.unsubscribeResource({ uri: NOTE });
}

async function complete(client) {
  const argument = { name: 'language', value: 'f' };
  const refs = [
    { type: 'ref/resource', uri: 'greeting://{language}' },
    { type: 'ref/prompt', name: 'greet' },
  ];
  for (const ref of refs) {
    const { completion } = await client.complete({ ref, argument });
    assert.deepEqual(completion.values, ['finnish', 'french'], ref.type);
  }
  return { said: 'finnish, french' };
}

async function prompts(client) {
  const names = (await client.listPrompts()).prompts.map(({ name }) => name);
  assert.deepEqual(names, ['greet']);
  const greet = { name: 'greet', arguments: { name: 'Ann', language: 'french' } };
  const { messages } = await client.getPrompt(greet);
  assert.equal(messages[0].content.text, 'Greet Ann in french.');
  return { said: names.join(', ') };
}

// The call has begun when it reports its first step, and has ended when the server says so.
async function cancel(sdk, client) {
  const name = randomUUID();
  const stop = new AbortController();
  const options = { signal: stop.signal, onprogress: () => stop.abort('enough') };
  const waiting = sdk.call(client, { name: 'wait', arguments: { name } }, options);
  await waiting.then(() => assert.fail('it was answered'), () => assert(stop.signal.aborted));
  assert.equal(await textOf(sdk, client, { name: 'waited', arguments: { name } }), 'ended');
  return { said: 'the call ended' };
}

async function resume(sdk, { client, seen }) {
  assert.equal(await textOf(sdk, client, { name: 'let_go', arguments: {} }), 'welcome back');
  const back = seen.filter(({ after }) => after !== null);
  assert(back.length > 0 && back.every(({ status }) => status === 200), JSON.stringify(back));
  return { said: `came back after event ${back[0].after}` };
}

async function textOf(sdk, client, params) {
  const result = await sdk.call(client, params);
  assert.notEqual(result.isError, true, JSON.stringify(result));
  return result.content[0].text;
}
