// The command line of the official Inspector: one process for each request, results as JSON.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cannot, check, scene } from './report.mjs';

const PROGRAM = 'node_modules/@modelcontextprotocol/inspector/clients/launcher/build/index.js';
// What it says by its exit code.
const ENDED = { well: 0, authRequired: 3, toolError: 5 };
const ADD = ['--method', 'tools/call', '--tool-name', 'add'];
const http = scene.transport === 'http';

// It keeps tokens and settings of its own, which are nobody's business here.
const store = mkdtempSync(join(tmpdir(), 'inspector-'));
const running = new Set();
process.on('exit', () => {
  running.forEach((child) => child.kill('SIGKILL'));
  rmSync(store, { recursive: true, force: true });
});

// Runs it to its end. `hear` is given what it writes to its standard error, as it comes.
async function inspector(words, { more = {}, hear } = {}) {
  const env = { PATH: process.env.PATH, HOME: store, MCP_STORAGE_DIR: store, ...more };
  env.MCP_INSPECTOR_SECRET_STORE = 'memory';
  const all = [PROGRAM, '--cli', ...words, '--protocol-era', scene.mode, '--format', 'json'];
  const child = spawn(process.execPath, all, { env, stdio: ['ignore', 'pipe', 'pipe'] });
  running.add(child);
  const said = { out: '', err: '' };
  child.stdout.on('data', (part) => (said.out += part));
  child.stderr.on('data', (part) => {
    said.err += part;
    hear?.(said.err);
  });
  const [code] = await once(child, 'close');
  running.delete(child);
  return { code, ...said };
}

const target = (token) => {
  if (http) {
    const own = token === undefined ? [] : ['--header', `Authorization: Bearer ${token}`];
    return [scene.url, '--stored-auth-only', ...own];
  }
  const { command, args, env, variable } = scene.server;
  const all = { ...env, ...(token === undefined ? {} : { [variable]: token }) };
  const named = Object.entries(all).flatMap(([name, value]) => ['-e', `${name}=${value}`]);
  return [command, ...args, ...named];
};

const ask = async (...words) => {
  const ended = await inspector([...target(scene.token), ...words]);
  assert(ended.code === ENDED.well, `exit ${ended.code}: ${ended.err}`);
  return JSON.parse(ended.out).result;
};

const connected = await check('connect', async () => {
  const { protocolVersion } = await ask('--method', 'initialize');
  assert.equal(protocolVersion, scene.revision);
  return { said: protocolVersion, value: true };
});

await check('list', async () => {
  const names = (await ask('--method', 'tools/list')).tools.map((tool) => tool.name);
  assert(names.includes('add') && names.includes('count'), `listed: ${names}`);
  return { said: names.join(', ') };
});

const texts = (result) => result.content.map(({ text }) => text);
const isFive = (result) => assert.deepEqual(texts(result), ['5'], JSON.stringify(result));

await check('call', async () => {
  isFive(await ask(...ADD, '--tool-arg', 'a=2', '--tool-arg', 'b=3'));
  return { said: '2 + 3 = 5' };
});

await check('bad args', async () => {
  const wrong = ['--tool-args-json', '{"a":"two"}'];
  const { code, out, err } = await inspector([...target(scene.token), ...ADD, ...wrong]);
  if (code === ENDED.toolError) {
    assert.equal(JSON.parse(out).result.isError, true, out);
    return { said: 'isError' };
  }
  assert(code !== ENDED.well && err.includes('-32602'), `exit ${code}: ${out} ${err}`);
  return { said: 'error -32602' };
});

// It has no way to show notes, so all that can be seen is that they do no harm.
const count = ['--method', 'tools/call', '--tool-name', 'count', '--tool-arg', 'to=5'];
await ask(...count).then(
  () => cannot('progress', 'it prints the result of a call and no notes before it'),
  (error) => check('progress', () => Promise.reject(error)),
);

const legacy = scene.revision !== '2026-07-28';

// Messages are not shown, but a level is set.
if (legacy) {
  await check('logging', async () => {
    await ask('--method', 'logging/setLevel', '--log-level', 'warning');
    return { said: 'the level is set' };
  });
} else {
  cannot('logging', 'it prints no log messages');
}

cannot('elicit', 'it declares that nobody is there to be asked');
cannot('sample', 'it declares that it has no model');

await check('resources', async () => {
  const { resources } = await ask('--method', 'resources/list');
  assert.deepEqual(resources.map(({ uri }) => uri), ['note://today']);
  const { resourceTemplates } = await ask('--method', 'resources/templates/list');
  assert.deepEqual(resourceTemplates.map((it) => it.uriTemplate), ['greeting://{language}']);
  const { contents } = await ask('--method', 'resources/read', '--uri', 'greeting://french');
  assert.equal(contents[0].text, 'bonjour');
  return { said: 'listed, read' };
});

cannot('updates', 'it ends with its one request, and watches nothing');
cannot('complete', 'its command line has no words for it');

await check('prompts', async () => {
  const args = ['--prompt-args', 'name=Ann', 'language=french'];
  const { messages } = await ask('--method', 'prompts/get', '--prompt-name', 'greet', ...args);
  assert.equal(messages[0].content.text, 'Greet Ann in french.');
  return { said: 'greet' };
});

cannot('cancel', 'it has no way to take a call back');

if (legacy && http) {
  await check('resume', async () => {
    const result = await ask('--method', 'tools/call', '--tool-name', 'let_go');
    assert.deepEqual(texts(result), ['welcome back']);
    return { said: 'came back' };
  });
} else if (legacy) {
  cannot('resume', 'over stdio there is no stream to come back to');
} else {
  cannot('resume', 'streams of 2026-07-28 end with their connection');
}

cannot('close', 'each of its processes is a connection, and ends it on its own');

const refused = async (named) => {
  // A server that nobody reaches refuses nobody.
  assert(connected, 'not connected');
  for (const [name, token] of named) {
    const { code, err } = await inspector([...target(token), '--method', 'tools/list']);
    assert(code !== ENDED.well, `connected with ${name}`);
    if (http) {
      assert(code === ENDED.authRequired, `${name}: exit ${code}: ${err}`);
      // With words of its own for the handshake, but only after the server has answered.
      assert.match(err, /"auth_required".*(HTTP 401|POSTing to endpoint)/, name);
    }
  }
  const names = named.map(([name]) => name).join(', ');
  return { said: `${names}: ${http ? 'auth_required' : 'does not connect'}` };
};
await check('no token', () => refused([['no token', undefined]]));
await check('wrong token', () => refused(Object.entries(scene.wrong)));

if (http) await check('login', login);
else cannot('login', 'over stdio nobody logs in: the token is in the environment');
process.exit(0);

// It prints where the user has to go, and waits for the browser to come back.
async function login() {
  let visit;
  const words = [scene.url, '--callback-url', `http://127.0.0.1:${await freePort()}/callback`];
  const ended = await inspector([...words, ...ADD, '--tool-arg', 'a=2', '--tool-arg', 'b=3'], {
    // Otherwise it asks nobody who sits at no terminal; the browser of this machine is to stay shut.
    more: { MCP_AUTO_OPEN_ENABLED: 'true', BROWSER: 'true' },
    hear: (err) => {
      const asked = err.match(/navigate to: (http\S+)\s/)?.[1];
      if (asked) visit ??= fetch(asked).then((page) => ({ asked: new URL(asked), page }));
    },
  });
  assert(ended.code === ENDED.well, `exit ${ended.code}: ${ended.err}`);
  isFive(JSON.parse(ended.out).result);
  assert(visit, 'nobody was sent to the authorization server');
  const { asked } = await visit;
  return { said: `scope ${asked.searchParams.get('scope')}, then 2 + 3 = 5` };
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  return port;
}
