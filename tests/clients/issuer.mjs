// An authorization server that shares no code with ours: metadata, one key, and two tokens, of
// which one has expired.
// Wants AUDIENCE in the environment. Prints `issuer:`, `token:` and `expired:`, then serves.

import http from 'node:http';
import { SignJWT, exportJWK, generateKeyPair } from 'jose';

const audience = process.env.AUDIENCE;
if (!audience) throw new Error('AUDIENCE is needed');

const { publicKey, privateKey } = await generateKeyPair('RS256');
const key = { ...(await exportJWK(publicKey)), kid: 'one', alg: 'RS256', use: 'sig' };

const server = http.createServer((request, response) => {
  const metadata = {
    issuer,
    jwks_uri: `${issuer}/jwks`,
    authorization_endpoint: `${issuer}/auth`,
    token_endpoint: `${issuer}/token`,
    response_types_supported: ['code'],
    code_challenge_methods_supported: ['S256'],
  };
  const documents = {
    '/.well-known/oauth-authorization-server': metadata,
    '/.well-known/openid-configuration': metadata,
    '/jwks': { keys: [key] },
  };
  const found = documents[request.url];
  response.writeHead(found ? 200 : 404, { 'Content-Type': 'application/json' });
  response.end(JSON.stringify(found ?? {}));
});
await new Promise((listening) => server.listen(0, '127.0.0.1', listening));
const issuer = `http://127.0.0.1:${server.address().port}`;

const now = Math.floor(Date.now() / 1000);
const sign = (issued, expires) =>
  new SignJWT({ client_id: 'clients', scope: 'mcp:hello' })
    .setProtectedHeader({ alg: 'RS256', kid: key.kid, typ: 'at+jwt' })
    .setIssuer(issuer)
    .setSubject('user-1')
    .setAudience(audience)
    .setJti(`token-${expires}`)
    .setIssuedAt(issued)
    .setExpirationTime(expires)
    .sign(privateKey);

console.log(`issuer: ${issuer}`);
console.log(`token: ${await sign(now, now + 3600)}`);
console.log(`expired: ${await sign(now - 7200, now - 3600)}`);
