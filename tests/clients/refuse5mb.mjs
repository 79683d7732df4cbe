// A refusal must reach a client that is still sending: Node's fetch reports a broken pipe, and
// never a login, when a server closes before it has read what comes.
// Wants URL, TOKEN and EXPIRED in the environment.

import assert from 'node:assert/strict';

const MEGABYTES = 5;
const TRIES = 10;
const { URL: endpoint, TOKEN: token, EXPIRED: expired } = process.env;
assert(endpoint && token && expired, 'URL, TOKEN and EXPIRED are needed');

const post = (bearer, method, params = {}) =>
  fetch(endpoint, {
    method: 'POST',
    headers: {
      'Content-Type': 'application/json',
      Accept: 'application/json, text/event-stream',
      'MCP-Protocol-Version': '2026-07-28',
      'Mcp-Method': method,
      ...(params.name && { 'Mcp-Name': params.name }),
      ...(bearer && { Authorization: `Bearer ${bearer}` }),
    },
    body: JSON.stringify({
      jsonrpc: '2.0',
      id: 1,
      method,
      params: {
        ...params,
        _meta: {
          'io.modelcontextprotocol/protocolVersion': '2026-07-28',
          'io.modelcontextprotocol/clientCapabilities': {},
        },
      },
    }),
  });

const refused = async (name, bearer, error) => {
  const params = { name: 'hello', arguments: { greeting: 'x'.repeat(MEGABYTES << 20) } };
  for (let attempt = 1; attempt <= TRIES; attempt += 1) {
    const told = `${name}, attempt ${attempt}`;
    const response = await post(bearer, 'tools/call', params).catch((fault) =>
      assert.fail(`${told}: ${fault.cause ?? fault}`),
    );
    assert.equal(response.status, 401, told);
    const challenge = response.headers.get('www-authenticate') ?? '';
    assert.match(challenge, /^Bearer .*resource_metadata="/, told);
    if (error) assert.ok(challenge.includes(`error="${error}"`), `${told}: ${challenge}`);
    await response.arrayBuffer();
  }
  console.log(`ok node fetch: ${MEGABYTES} MB with ${name}: 401 in ${TRIES} of ${TRIES}`);
};

// Of the two tokens it is the time alone that differs.
const greeted = await post(token, 'tools/call', { name: 'hello', arguments: { greeting: 'Hi' } });
assert.equal(greeted.status, 200, await greeted.clone().text());
assert.match(await greeted.text(), /Hi, user-1/);
console.log('ok node fetch: hello_auth takes the token of a foreign issuer');

await refused('an expired token', expired, 'invalid_token');
await refused('no token', undefined);
console.log('done');
