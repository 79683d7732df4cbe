// An authorization server that shares no code with ours: metadata, one key, registration, the code
// grant with PKCE (its user says yes to everything), and tokens for scripts that do not log in.
// Wants AUDIENCE and SCOPES in the environment. Prints `issuer:`, `token:`, `expired:` and `foreign:`
// (for another audience), then serves.

import { createHash, randomUUID } from 'node:crypto';
import http from 'node:http';
import { SignJWT, exportJWK, generateKeyPair } from 'jose';

const { AUDIENCE: audience, SCOPES: scope } = process.env;
if (!audience || !scope) throw new Error('AUDIENCE and SCOPES are needed');

const { publicKey, privateKey } = await generateKeyPair('RS256');
const key = { ...(await exportJWK(publicKey)), kid: 'one', alg: 'RS256', use: 'sig' };
const clients = new Map();
const codes = new Map();

const server = http.createServer(async (request, response) => {
  const url = new URL(request.url, issuer);
  const route = routes[`${request.method} ${url.pathname}`] ?? (() => [404, {}]);
  const [status, body, headers] = await route(url.searchParams, await text(request));
  // Pages log in as well.
  const open = { 'Access-Control-Allow-Origin': '*' };
  response.writeHead(status, { 'Content-Type': 'application/json', ...open, ...headers });
  response.end(JSON.stringify(body));
});
await new Promise((listening) => server.listen(0, '127.0.0.1', listening));
const issuer = `http://127.0.0.1:${server.address().port}`;

const metadata = {
  issuer,
  jwks_uri: `${issuer}/jwks`,
  authorization_endpoint: `${issuer}/auth`,
  token_endpoint: `${issuer}/token`,
  registration_endpoint: `${issuer}/register`,
  response_types_supported: ['code'],
  grant_types_supported: ['authorization_code'],
  token_endpoint_auth_methods_supported: ['none'],
  code_challenge_methods_supported: ['S256'],
  authorization_response_iss_parameter_supported: true,
};

const refuse = (error) => [400, { error }];

const routes = {
  'GET /.well-known/oauth-authorization-server': () => [200, metadata],
  'GET /.well-known/openid-configuration': () => [200, metadata],
  'GET /jwks': () => [200, { keys: [key] }],
  'POST /register': register,
  'GET /auth': authorize,
  'POST /token': redeem,
};

function register(_, body) {
  const client = { ...JSON.parse(body), client_id: randomUUID(), token_endpoint_auth_method: 'none' };
  clients.set(client.client_id, client);
  return [201, client];
}

// RFC 6749, section 4.1.1, with RFC 7636, RFC 8707 and RFC 9207.
function authorize(query) {
  const asked = Object.fromEntries(query);
  const client = clients.get(asked.client_id);
  if (!client?.redirect_uris.includes(asked.redirect_uri)) return refuse('invalid_client');
  if (asked.response_type !== 'code' || asked.code_challenge_method !== 'S256') {
    return refuse('invalid_request');
  }
  if (asked.resource !== audience) return refuse('invalid_target');
  const code = randomUUID();
  codes.set(code, asked);
  const back = new URL(asked.redirect_uri);
  back.searchParams.set('code', code);
  back.searchParams.set('iss', issuer);
  if (asked.state) back.searchParams.set('state', asked.state);
  return [302, {}, { Location: back.href }];
}

async function redeem(_, body) {
  const form = Object.fromEntries(new URLSearchParams(body));
  const asked = codes.get(form.code);
  codes.delete(form.code);
  const proof = createHash('sha256').update(form.code_verifier ?? '').digest('base64url');
  const same = ['client_id', 'redirect_uri', 'resource'].every((name) => asked?.[name] === form[name]);
  if (form.grant_type !== 'authorization_code' || !same || proof !== asked.code_challenge) {
    return refuse('invalid_grant');
  }
  const access_token = await sign({ scope: asked.scope, client_id: asked.client_id });
  return [200, { access_token, token_type: 'Bearer', expires_in: 3600, scope: asked.scope ?? '' }];
}

async function text(request) {
  const parts = [];
  for await (const part of request) parts.push(part);
  return Buffer.concat(parts).toString();
}

function sign(claims, { aud = audience, issued = Math.floor(Date.now() / 1000) } = {}) {
  return new SignJWT(claims)
    .setProtectedHeader({ alg: 'RS256', kid: key.kid, typ: 'at+jwt' })
    .setIssuer(issuer)
    .setSubject('user-1')
    .setAudience(aud)
    .setJti(randomUUID())
    .setIssuedAt(issued)
    .setExpirationTime(issued + 3600)
    .sign(privateKey);
}

const claims = { client_id: 'clients', scope };
console.log(`issuer: ${issuer}`);
console.log(`token: ${await sign(claims)}`);
console.log(`expired: ${await sign(claims, { issued: Math.floor(Date.now() / 1000) - 7200 })}`);
console.log(`foreign: ${await sign(claims, { aud: 'https://other.example/mcp' })}`);
