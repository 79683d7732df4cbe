// What is checked of a server whose tokens come from oidc-provider, by the TypeScript SDK v2 as its
// user's client and by hand where no client would do so.
// Of SCENE it wants `kind` (`jwt`, `opaque`, `dpop`), `url`, `issuer`, `tool`, `needs`, the scope that
// the tool needs, if any, `scope`, one that the issuer knows, `other`, a resource of the same issuer,
// `odd`, one with its scope whose tokens are of another form, and `desk`, a secret.

import assert from 'node:assert/strict';
import { Client, DpopSession, StreamableHTTPClientTransport, UnauthorizedError, auth } from '@modelcontextprotocol/client';
import { decodeJwt, decodeProtectedHeader } from 'jose';
import { User } from '../login.mjs';
import { cannot, check, scene } from '../report.mjs';
import { consents } from './person.mjs';
import { post } from './post.mjs';

const { kind, url, issuer, tool, needs, scope, other } = scene;
const [jwt, dpop] = [kind !== 'opaque', kind === 'dpop'];
const HOURS_AGO = 7200;

const session = dpop ? await DpopSession.create() : undefined;
const user = new User();
user.clientMetadata.grant_types.push('refresh_token');
// Where the server names none.
user.clientMetadata.scope = scope;
if (dpop) {
  user.clientMetadata.dpop_bound_access_tokens = true;
  user.dpop = () => session;
}

// All requests of the client, to whomever.
const seen = [];
const noting = async (target, options = {}) => {
  const answer = await fetch(target, options);
  const { origin, pathname } = new URL(target);
  const at = origin === issuer ? `issuer${pathname}` : pathname;
  const challenge = answer.headers.get('www-authenticate') ?? '';
  const sent = new Headers(options.headers).get('authorization')?.split(' ')[0];
  seen.push({ at, status: answer.status, challenge, sent });
  return answer;
};
const transport = () => new StreamableHTTPClientTransport(new URL(url), { authProvider: user, fetch: noting });
const client = () => new Client({ name: 'toolgate-clients', version: '1.0.0' }, { versionNegotiation: { mode: 'auto' } });
const short = (list) => list.map(({ at, status }) => `${at} ${status}`).join(', ');

const stranger = transport();
await check('discovery', async () => {
  const error = await client().connect(stranger).then(() => assert.fail('was let in'), (error) => error);
  assert(error instanceof UnauthorizedError || error.cause instanceof UnauthorizedError, String(error));
  assert.deepEqual(
    [...new Set(seen.map(({ at }) => at))],
    ['/mcp', '/.well-known/oauth-protected-resource/mcp', 'issuer/.well-known/oauth-authorization-server', 'issuer/reg'],
  );
  assert.equal(seen[0].status, 401);
  return { said: short(seen) };
});

await check('login', async () => {
  const asked = user.asked.searchParams;
  assert.equal(asked.get('code_challenge_method'), 'S256');
  assert.equal(asked.get('resource'), url);
  const back = await consents(user.asked, user.redirectUrl, 'ann');
  assert.equal(back.params.get('iss'), issuer);
  await stranger.finishAuth(back.params);
  judgeToken(user.held);
  return { said: `${back.seen.join(', ')}; ${user.held.token_type}` };
});

const known = client();
const call = async () => {
  const result = await known.callTool(tool);
  assert.notEqual(result.isError, true, JSON.stringify(result));
  assert.match(result.content[0].text, /ann/);
  return result.content[0].text;
};
await check('call', async () => {
  await known.connect(transport());
  return { said: await call() };
});

// The client holds a token that is no good any more, is told so, and gets another by itself.
await check('refresh', async () => {
  if (jwt) await hasten(`age?seconds=${HOURS_AGO}`);
  assert.equal(await auth(user, { serverUrl: url }), 'AUTHORIZED');
  const spent = user.held.access_token;
  if (!jwt) await hasten(`end?token=${spent}`);
  seen.length = 0;
  await call();
  assert.notEqual(user.held.access_token, spent);
  const ours = seen.filter(({ at }) => at === '/mcp');
  assert.deepEqual(ours.map(({ status }) => status), [401, 200]);
  assert.match(ours[0].challenge, /error="invalid_token"/);
  return { said: `${ours[0].challenge.match(/error_description="([^"]+)/)?.[1]}: ${short(seen)}` };
});

await check('made up', async () => {
  const token = user.held.access_token;
  const [head, claims, signature] = token.split('.');
  const forged = { ...decodeIfJwt(token), sub: 'bob' };
  const body = Buffer.from(JSON.stringify(forged)).toString('base64url');
  const wrong = jwt ? [`${head}.${body}.${signature}`, `${head}.${claims}.AAAA`] : [`${token}x`, 'made-up'];
  for (const one of wrong) await refused(one);
  return { said: jwt ? 'another subject, another signature' : 'one letter more, a word' };
});

await check('other server', async () => {
  const challenge = await refused(await deskToken({ resource: other, scope }));
  assert.match(challenge, /for another audience/);
  return { said: other };
});

// A token that the issuer has in another form, for another server besides.
await check('other kind', async () => {
  const token = await deskToken(scene.odd);
  assert.equal(token.includes('.'), !jwt, 'the form');
  await refused(token);
  return { said: jwt ? 'opaque' : 'a JWT, which the issuer will not look at' };
});

if (needs) {
  await check('scope', async () => {
    const answer = await post(url, tool, { Authorization: `Bearer ${await deskToken({ resource: url })}` });
    assert.equal(answer.status, 403);
    const challenge = answer.headers.get('www-authenticate');
    assert.match(challenge, /error="insufficient_scope"/);
    assert(challenge.includes(`scope="${needs}"`), challenge);
    return { said: `403, ${needs}` };
  });
} else cannot('scope', 'the tool needs none');

if (dpop) {
  const token = () => user.held.access_token;
  const prove = (more) => session.buildProof({ htm: 'POST', htu: url, accessToken: token(), ...more });
  const send = (scheme, proof) => post(url, tool, { Authorization: `${scheme} ${token()}`, ...(proof && { DPoP: proof }) });
  const denied = async (answer, why) => {
    assert.equal(answer.status, 401, await answer.clone().text());
    const challenge = answer.headers.get('www-authenticate');
    assert(challenge.includes('error="invalid_dpop_proof"') && why.test(challenge), challenge);
  };
  await check('nonces', async () => {
    const before = seen.length;
    assert.equal(await auth(user, { serverUrl: url, fetchFn: noting }), 'AUTHORIZED');
    // The client keeps nonces of the authorization server, so that it is told but once.
    session.nonces.delete(issuer);
    assert.equal(await auth(user, { serverUrl: url, fetchFn: noting }), 'AUTHORIZED');
    const asked = seen.slice(before).filter(({ at }) => at === 'issuer/token').map(({ status }) => status);
    assert.deepEqual(asked, [200, 400, 200]);
    return { said: `token endpoint: ${asked.join(', ')}` };
  });
  // Of ours it is told as soon as it calls, and in the middle of that goes on by itself.
  await check('our nonces', async () => {
    session.nonces.delete(new URL(url).origin);
    const before = seen.length;
    await call();
    await call();
    const ours = seen.slice(before).filter(({ at }) => at === '/mcp');
    assert.deepEqual(ours.map(({ status }) => status), [401, 200, 200]);
    assert.match(ours[0].challenge, /^DPoP .*error="use_dpop_nonce"/);
    return { said: `use_dpop_nonce: ${short(ours)}` };
  });
  await check('proof', async () => {
    assert(seen.filter(({ at, status }) => at === '/mcp' && status === 200).every(({ sent }) => sent === 'DPoP'));
    assert.equal((await send('DPoP', await prove())).status, 200);
    return { said: 'every call, under the scheme DPoP' };
  });
  await check('replay', async () => {
    const proof = await prove();
    assert.equal((await send('DPoP', proof)).status, 200);
    await denied(await send('DPoP', proof), /used before/);
    return { said: '200, then 401' };
  });
  await check('stolen', async () => {
    const thief = await DpopSession.create();
    thief.rememberNonce(url, session.nonceFor(url));
    const theirs = await thief.buildProof({ htm: 'POST', htu: url, accessToken: token() });
    await denied(await send('DPoP', theirs), /bound to another key/);
    await denied(await send('DPoP', await prove({ htu: other })), /for another URL/);
    await denied(await send('DPoP', await prove({ accessToken: 'another' })), /for another token/);
    assert.equal((await send('DPoP')).status, 401);
    assert.equal((await send('Bearer')).status, 401);
    return { said: 'with another key, for another place or token, without a proof, as a bearer' };
  });
} else for (const name of ['nonces', 'our nonces', 'proof', 'replay', 'stolen']) cannot(name, 'its tokens are for whoever bears them');
process.exit(0);

function judgeToken({ access_token, token_type, refresh_token }) {
  assert.equal(token_type, dpop ? 'DPoP' : 'Bearer');
  assert(refresh_token, 'no refresh token');
  if (!jwt) return assert.doesNotMatch(access_token, /\./);
  const claims = decodeJwt(access_token);
  assert.equal(decodeProtectedHeader(access_token).typ, 'at+jwt');
  assert.deepEqual([claims.iss, claims.aud, claims.sub], [issuer, url, 'ann']);
  return assert.equal(claims.cnf?.jkt, session?.thumbprint);
}

function decodeIfJwt(token) {
  return jwt ? decodeJwt(token) : {};
}

// Refused by our server for the token alone: whatever proof there is would be right.
async function refused(token) {
  const proof = dpop && (await session.buildProof({ htm: 'POST', htu: url, accessToken: token }));
  const headers = dpop ? { Authorization: `DPoP ${token}`, DPoP: proof } : { Authorization: `Bearer ${token}` };
  const answer = await post(url, tool, headers);
  assert.equal(answer.status, 401, await answer.clone().text());
  const challenge = answer.headers.get('www-authenticate');
  assert.match(challenge, /error="invalid_token"/);
  return challenge;
}

async function deskToken(wanted) {
  const body = new URLSearchParams({ grant_type: 'client_credentials', ...wanted });
  const headers = { Authorization: `Basic ${btoa(`desk:${scene.desk}`)}` };
  const answer = await fetch(`${issuer}/token`, { method: 'POST', headers, body });
  const { access_token } = await answer.json();
  return access_token ?? assert.fail(`no token for desk: ${answer.status}`);
}

async function hasten(what) {
  const answer = await fetch(`${issuer}/test/${what}`, { method: 'POST' });
  assert.equal(answer.status, 204);
}
