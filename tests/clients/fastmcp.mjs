// A server of TypeScript's fastmcp, which takes tokens as its documentation shows: probed as ours is.
// Wants ISSUER, AUDIENCE (its URL) and PORT in the environment.

import { FastMCP } from 'fastmcp';
import { createRemoteJWKSet, jwtVerify } from 'jose';

const { ISSUER: issuer, AUDIENCE: audience, PORT: port } = process.env;
if (!issuer || !audience || !port) throw new Error('ISSUER, AUDIENCE and PORT are needed');

const keys = createRemoteJWKSet(new URL(`${issuer}/jwks`));

const server = new FastMCP({
  name: 'probed',
  version: '1.0.0',
  authenticate: async (request) => {
    const token = request.headers.authorization?.replace(/^Bearer /i, '');
    if (!token) throw new Error('authentication is required');
    const { payload } = await jwtVerify(token, keys, { issuer, audience });
    return { subject: payload.sub, scopes: (payload.scope ?? '').split(' ') };
  },
  oauth: {
    enabled: true,
    protectedResource: { resource: audience, authorizationServers: [issuer] },
  },
});

server.addTool({
  name: 'hello',
  description: 'Tell who the caller is.',
  execute: async (_, { session }) => session.subject,
});

await server.start({ transportType: 'httpStream', httpStream: { port: Number(port), host: '127.0.0.1' } });
