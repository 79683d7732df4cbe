// The TypeScript SDK v1 over the transport that streamable HTTP has replaced.

import assert from 'node:assert/strict';
import { UnauthorizedError } from '@modelcontextprotocol/sdk/client/auth.js';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { SSEClientTransport } from '@modelcontextprotocol/sdk/client/sse.js';
import { User } from './login.mjs';
import { check, scene } from './report.mjs';

const STEPS = 5;

const open = async (token, options = {}) => {
  const seen = [];
  const noting = async (url, request) => {
    const headers = new Headers(request?.headers);
    if (token !== undefined) headers.set('Authorization', `Bearer ${token}`);
    const answer = await fetch(url, { ...request, headers });
    seen.push({ url: new URL(url), method: request?.method ?? 'GET', status: answer.status });
    return answer;
  };
  const transport = new SSEClientTransport(new URL(scene.url), { ...options, fetch: noting });
  const client = new Client({ name: 'toolgate-clients', version: '1.0.0' });
  return { client, transport, seen, error: await client.connect(transport).catch((error) => error) };
};

const add = async (client) => {
  const sum = await client.callTool({ name: 'add', arguments: { a: 2, b: 3 } });
  assert.equal(sum.content[0].text, '5', JSON.stringify(sum));
};

const line = await check('connect', async () => {
  const line = await open(scene.token);
  if (line.error) throw line.error;
  return { said: 'one stream', value: line };
});

await check('call', async () => {
  const { tools } = await line.client.listTools();
  const names = tools.map((tool) => tool.name);
  assert(names.includes('add') && names.includes('count'), `listed: ${names}`);
  await add(line.client);
  const wrong = await line.client.callTool({ name: 'add', arguments: { a: 'two' } });
  assert.equal(wrong.isError, true);
  return { said: '2 + 3 = 5, and `two` is no number' };
});

// The SDK hands no note on that it reads at one stroke with the result, so what arrives is looked at.
await check('progress', async () => {
  const arrived = [];
  const deliver = line.transport.onmessage;
  line.transport.onmessage = (message) => {
    if (message.method === 'notifications/progress') arrived.push(message.params.progress);
    if ('result' in message) arrived.push('result');
    deliver(message);
  };
  const onprogress = () => {};
  const count = { name: 'count', arguments: { to: STEPS } };
  const counted = await line.client.callTool(count, undefined, { onprogress });
  assert.notEqual(counted.isError, true);
  assert.deepEqual(arrived, [1, 2, 3, 4, 5, 'result']);
  return { said: `${STEPS} notes before the result` };
});

await check('close', async () => {
  const posts = line.seen.filter(({ method }) => method === 'POST');
  assert(posts.length > 3 && posts.every(({ status }) => status === 202), JSON.stringify(posts));
  await line.client.close();
  const headers = { Authorization: `Bearer ${scene.token}`, 'Content-Type': 'application/json' };
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'ping' });
  const again = () => fetch(posts[0].url, { method: 'POST', headers, body });
  let answer = await again();
  while (answer.status === 202) answer = await again();
  assert.equal(answer.status, 404);
  return { said: 'the line ended with its stream' };
});

await check('refused', async () => {
  for (const token of [undefined, ...Object.values(scene.wrong)]) {
    const { error, seen } = await open(token);
    assert(error instanceof UnauthorizedError || error.code === 401, String(error));
    assert(seen.every(({ status }) => status === 401), JSON.stringify(seen));
  }
  return { said: '401 without a token and with a wrong one' };
});

// From nothing but the address of the stream: challenge, metadata, registration, code, token, call.
await check('login', async () => {
  const user = new User();
  const stranger = await open(undefined, { authProvider: user });
  assert(stranger.error instanceof UnauthorizedError, String(stranger.error));
  await stranger.transport.finishAuth((await user.consents()).get('code'));
  const known = await open(undefined, { authProvider: user });
  if (known.error) throw known.error;
  await add(known.client);
  await known.client.close();
  return { said: `scope ${user.asked.searchParams.get('scope')}, then 2 + 3 = 5` };
});
process.exit(0);
