// What is checked of a TypeScript SDK. A script for each SDK says what differs between them.

import assert from 'node:assert/strict';
import { features } from './features.mjs';
import { User } from './login.mjs';
import { Heard, cannot, check, scene, told } from './report.mjs';

const STEPS = 5;
const http = scene.transport === 'http';

// `sdk` gives `client()`, `version(client, transport)`, `http(url, options)`, `stdio(parameters)`,
// `provider(token)`, `call(client, params, options)`, `finish(transport, params)`, `is401(error)`,
// and what `features` needs.
export async function matrix(sdk) {
  // With another authorization server, which has no tokens for scripts that do not log in.
  if (scene.only === 'login') return check('login', () => login(sdk));

  const open = async (token) => {
    const seen = new Heard();
    const transport = http ? sdk.http(...streamable(seen, sdk.provider(token))) : sdk.stdio(child(token));
    return { ...(await connect(sdk, transport)), transport, seen };
  };

  const session = await check('connect', async () => {
    const { client, transport, seen, error } = await open(scene.token);
    if (error) throw error;
    const version = sdk.version(client, transport);
    assert.equal(version, scene.revision);
    return { said: version, value: { client, transport, seen } };
  });
  const connected = () => session ?? assert.fail('not connected');
  await check('list', () => list(connected().client));
  await check('call', () => call(sdk, connected().client));
  await check('bad args', () => badArguments(sdk, connected().client));
  await check('progress', () => progress(sdk, connected().client, connected().transport));
  await features(sdk, connected);
  await check('close', () => close(connected()));

  const refused = async (named) => {
    // A server that nobody reaches refuses nobody.
    connected();
    const said = [];
    for (const [name, token] of named) {
      const { client, error, seen } = await open(token);
      await client.close();
      assert(error, `connected with ${name}`);
      said.push(`${name}: ${http ? judge401(sdk, name, token, error, seen) : told(error)}`);
    }
    return { said: said.join('; ') };
  };
  await check('no token', () => refused([['no token', undefined]]));
  await check('wrong token', () => refused(Object.entries(scene.wrong)));

  if (http) await check('login', () => login(sdk));
  else cannot('login', 'over stdio nobody logs in: the token is in the environment');
}

async function connect(sdk, transport) {
  const client = sdk.client();
  const error = await client.connect(transport).then(
    () => undefined,
    (fault) => fault,
  );
  return { client, error };
}

// The endpoint and the options of a transport over HTTP that notes down all answers.
function streamable(seen, options) {
  const noting = async (...request) => {
    const answer = await fetch(...request);
    const challenge = answer.headers.get('www-authenticate');
    const { method = 'GET', headers } = request[1] ?? {};
    const after = new Headers(headers).get('last-event-id');
    seen.push({ method, status: answer.status, challenge, after });
    return answer;
  };
  return [new URL(scene.url), { ...options, fetch: noting }];
}

function child(token) {
  const { command, args, env, variable } = scene.server;
  const own = token === undefined ? {} : { [variable]: token };
  return { command, args, env: { PATH: process.env.PATH, ...env, ...own }, stderr: 'ignore' };
}

async function list(client) {
  const { tools } = await client.listTools();
  const names = tools.map((tool) => tool.name);
  assert(names.includes('add') && names.includes('count'), `listed: ${names}`);
  return { said: names.join(', ') };
}

async function call(sdk, client) {
  const sum = await sdk.call(client, { name: 'add', arguments: { a: 2, b: 3 } });
  assert.notEqual(sum.isError, true, JSON.stringify(sum));
  assert.equal(sum.content[0].text, '5');
  return { said: '2 + 3 = 5' };
}

async function badArguments(sdk, client) {
  const wrong = { name: 'add', arguments: { a: 'two' } };
  const said = await sdk.call(client, wrong).then(
    (result) => (assert.equal(result.isError, true, JSON.stringify(result)), 'isError'),
    (error) => (assert.equal(error.code, -32602, told(error)), 'error -32602'),
  );
  return { said };
}

// Notes must arrive one after the other and before the result. Over HTTP each must also be handed on;
// over stdio both SDKs drop those that they read at one stroke with the result, so there the handed
// on ones are the first of them.
async function progress(sdk, client, transport) {
  const arrived = [];
  const handed = [];
  const deliver = transport.onmessage;
  transport.onmessage = (message, ...rest) => {
    if (message.method === 'notifications/progress') arrived.push(message.params.progress);
    if ('result' in message) arrived.push('result');
    deliver.call(transport, message, ...rest);
  };
  const onprogress = (note) => handed.push(note.progress);
  const counted = await sdk.call(client, { name: 'count', arguments: { to: STEPS } }, { onprogress });
  assert.notEqual(counted.isError, true, JSON.stringify(counted));
  const steps = Array.from({ length: STEPS }, (_, index) => index + 1);
  assert.deepEqual(arrived, [...steps, 'result']);
  assert.deepEqual(handed, http ? steps : steps.slice(0, handed.length));
  return { said: `${STEPS} notes, then the result; ${handed.length} handed on` };
}

// A session is given back where there was one; a server may also keep it (405).
async function close({ client, transport, seen }) {
  if (http) await transport.terminateSession();
  await client.close();
  const statuses = seen.filter(({ method }) => method === 'DELETE').map(({ status }) => status);
  assert(statuses.every((status) => status < 300 || status === 405), `DELETE: ${statuses}`);
  return { said: statuses.length > 0 ? `DELETE: ${statuses}` : 'no session' };
}

// A 401 that the client takes for one, and that says where to log in.
function judge401(sdk, name, token, error, seen) {
  assert(sdk.is401(error), `with ${name} the client says: ${told(error)}`);
  const answers = seen.filter(({ status }) => status === 401);
  assert(answers.length > 0 && answers.length === seen.length, JSON.stringify(seen));
  for (const { challenge } of answers) {
    assert.match(challenge ?? '', /^Bearer .*resource_metadata="/, name);
    assert.equal(challenge.includes('error="invalid_token"'), token !== undefined, challenge);
  }
  return '401';
}

// From nothing but the endpoint: challenge, metadata, registration, code, token, call.
async function login(sdk) {
  const user = new User();
  const first = sdk.http(...streamable([], { authProvider: user }));
  const stranger = await connect(sdk, first);
  assert(stranger.error && sdk.is401(stranger.error), `first: ${told(stranger.error)}`);
  await sdk.finish(first, await user.consents());
  await stranger.client.close();

  const known = await connect(sdk, sdk.http(...streamable([], { authProvider: user })));
  if (known.error) throw known.error;
  await call(sdk, known.client);
  await known.client.close();
  return { said: `scope ${user.asked.searchParams.get('scope')}, then 2 + 3 = 5` };
}
