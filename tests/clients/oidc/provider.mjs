// oidc-provider as the authorization server of our servers: an implementation that is certified and
// not ours. People log in and consent on its own pages, with any password.
// Wants RESOURCES in the environment, `{ url: { scope, format } }`, format `jwt` or `opaque`; DESK,
// the secret of the client `desk`, which asks about tokens and has some of its own; and PAGES,
// origins whose pages may call. Prints `issuer:`, then serves.

import { once } from 'node:events';
import { createServer } from 'node:http';
import { exportJWK, generateKeyPair } from 'jose';
import { Provider, errors } from 'oidc-provider';

const resources = new Map(Object.entries(JSON.parse(process.env.RESOURCES)));
const pages = (process.env.PAGES ?? '').split(' ');
const people = { ann: 'Ann Archer', bob: 'Bob Baker' };

// How many seconds ago the next JWT will have been signed.
let aged = 0;

const server = createServer((request, response) => {
  const url = new URL(request.url, issuer);
  if (request.method === 'POST' && url.pathname.startsWith('/test/')) return hasten(url, response);
  if (url.pathname === '/reg' && letsIn(request, response)) return response.writeHead(204).end();
  return answer(request, response);
});
server.listen(0, '127.0.0.1');
await once(server, 'listening');
const issuer = `http://127.0.0.1:${server.address().port}`;

const { privateKey } = await generateKeyPair('RS256', { extractable: true });
const key = { ...(await exportJWK(privateKey)), kid: 'one', alg: 'RS256', use: 'sig' };

const provider = new Provider(issuer, {
  jwks: { keys: [key] },
  clients: [
    {
      client_id: 'desk',
      client_secret: process.env.DESK,
      grant_types: ['client_credentials'],
      response_types: [],
      redirect_uris: [],
    },
  ],
  // Clients may register no other.
  scopes: ['openid', 'offline_access', ...[...resources.values()].flatMap(({ scope }) => scope.split(' '))],
  findAccount: (_, accountId) => people[accountId] && { accountId, claims: () => ({ sub: accountId }) },
  // Of a client that acts for itself it does not say, when asked, that it is the subject.
  extraTokenClaims: (_, { accountId, clientId: sub }) => (accountId ? { name: people[accountId] } : { sub }),
  issueRefreshToken: (_, client) => client.grantTypeAllowed('refresh_token'),
  clientBasedCORS: (_, origin) => pages.includes(origin),
  formats: { customizers: { jwt: (_, __, { payload }) => grow(payload) } },
  features: {
    clientCredentials: { enabled: true },
    introspection: { enabled: true, allowedPolicy: () => true },
    registration: { enabled: true },
    revocation: { enabled: true },
    // Whoever brings a proof has to bring a nonce in it.
    dPoP: { enabled: true, nonceSecret: Buffer.alloc(32, 7), requireNonce: () => true },
    resourceIndicators: {
      enabled: true,
      defaultResource: () => undefined,
      useGrantedResource: () => true,
      getResourceServerInfo(_, resource) {
        const known = resources.get(resource);
        if (!known) throw new errors.InvalidTarget();
        const jwt = known.format === 'jwt' ? { sign: { alg: 'RS256' } } : undefined;
        return { scope: known.scope, audience: resource, accessTokenFormat: known.format, jwt };
      },
    },
  },
});
provider.on('server_error', (_, error) => console.error(error));
const answer = provider.callback();
console.log(`issuer: ${issuer}`);

// What tests ask for: that the next JWT has been signed long ago, or that an opaque token has ended.
async function hasten({ pathname, searchParams }, response) {
  if (pathname === '/test/age') aged = Number(searchParams.get('seconds'));
  if (pathname === '/test/end') await (await provider.AccessToken.find(searchParams.get('token'))).destroy();
  response.writeHead(204).end();
}

function grow(payload) {
  payload.iat -= aged;
  payload.exp -= aged;
  aged = 0;
}

// What oidc-provider lacks: pages may register. Gives whether they only asked if they may.
function letsIn({ method, headers }, response) {
  if (!pages.includes(headers.origin)) return false;
  response.setHeader('Access-Control-Allow-Origin', headers.origin);
  response.setHeader('Access-Control-Allow-Headers', 'Content-Type');
  return method === 'OPTIONS';
}
