// The TypeScript SDK v2 over Streamable HTTP, held to revision 2026-07-28.
// Wants URL and TOKEN in the environment.

import assert from 'node:assert/strict';
import { Client, StreamableHTTPClientTransport, UnauthorizedError } from '@modelcontextprotocol/client';

const REVISION = '2026-07-28';
const { URL: endpoint, TOKEN: token } = process.env;
assert(endpoint && token, 'URL and TOKEN are needed');

const connect = async (authProvider) => {
  const client = new Client(
    { name: 'toolgate-clients', version: '1.0.0' },
    { versionNegotiation: { mode: { pin: REVISION } } },
  );
  await client.connect(new StreamableHTTPClientTransport(new URL(endpoint), { authProvider }));
  return client;
};

const ok = (check) => console.log(`ok typescript sdk v2, pinned: ${check}`);

const client = await connect({ token: async () => token });
assert.equal(client.getNegotiatedProtocolVersion(), REVISION);
ok(`connects and negotiates ${REVISION}`);

const { tools } = await client.listTools();
const names = tools.map((tool) => tool.name);
assert(names.includes('add') && names.includes('count'), `listed: ${names}`);
ok(`lists ${names.join(', ')}`);

const sum = await client.callTool({ name: 'add', arguments: { a: 2, b: 3 } });
assert.notEqual(sum.isError, true, JSON.stringify(sum));
assert.match(JSON.stringify(sum.content), /5/);
ok('calls a tool and reads its result');

const wrong = await client.callTool({ name: 'add', arguments: { a: 'two' } }).then(
  (result) => result.isError === true,
  (error) => error.code === -32602,
);
assert(wrong, 'wrong arguments must be an error');
ok('is told of wrong arguments');

const steps = [];
const counted = await client.callTool(
  { name: 'count', arguments: { to: 3 } },
  { onprogress: ({ progress }) => steps.push(progress) },
);
assert.notEqual(counted.isError, true, JSON.stringify(counted));
assert.deepEqual(steps, [1, 2, 3]);
ok('sees progress before the result');
await client.close();

for (const [name, authProvider] of [
  ['no token', { token: async () => undefined }],
  ['a made-up token', { token: async () => 'made-up' }],
  ['no provider', undefined],
]) {
  await assert.rejects(connect(authProvider), isUnauthorized, `connected with ${name}`);
  ok(`is refused with ${name}`);
}

// The negotiation may wrap what the transport said.
function isUnauthorized(error) {
  for (let it = error; it; it = it.cause) {
    if (it instanceof UnauthorizedError || it.status === 401 || it.data?.status === 401) return true;
  }
  return false;
}
