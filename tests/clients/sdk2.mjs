// The TypeScript SDK v2, which knows both eras: `auto` asks the server, `legacy` shakes hands, and a
// revision is held to.

import { Client, StreamableHTTPClientTransport, UnauthorizedError } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { scene } from './report.mjs';
import { matrix } from './typescript.mjs';

const info = { name: 'toolgate-clients', version: '1.0.0' };
const capabilities = { elicitation: {}, sampling: {} };
const mode = ['auto', 'legacy'].includes(scene.mode) ? scene.mode : { pin: scene.mode };

// The negotiation may wrap what the transport said.
function is401(error) {
  for (let it = error; it; it = it.cause) {
    if (it instanceof UnauthorizedError || it.status === 401 || it.data?.status === 401) return true;
  }
  return false;
}

await matrix({
  client: () => new Client(info, { capabilities, versionNegotiation: { mode } }),
  version: (client) => client.getNegotiatedProtocolVersion(),
  http: (url, options) => new StreamableHTTPClientTransport(url, options),
  stdio: (parameters) => new StdioClientTransport(parameters),
  provider: (token) => ({ authProvider: { token: async () => token } }),
  call: (client, params, options) => client.callTool(params, options),
  onNote: (client, method, handle) => client.setNotificationHandler(method, handle),
  onAsk: (client, method, handle) => client.setRequestHandler(method, handle),
  // Whichever code it was told.
  unknownResource: -32602,
  finish: (transport, params) => transport.finishAuth(params),
  is401,
});
process.exit(0);
