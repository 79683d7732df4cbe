// The TypeScript SDK v1, which knows the handshake only.

import { UnauthorizedError } from '@modelcontextprotocol/sdk/client/auth.js';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import {
  CreateMessageRequestSchema,
  ElicitRequestSchema,
  LoggingMessageNotificationSchema,
  ResourceUpdatedNotificationSchema,
} from '@modelcontextprotocol/sdk/types.js';
import { matrix } from './typescript.mjs';

// It knows methods by their schemas.
const schemas = {
  'elicitation/create': ElicitRequestSchema,
  'notifications/message': LoggingMessageNotificationSchema,
  'notifications/resources/updated': ResourceUpdatedNotificationSchema,
  'sampling/createMessage': CreateMessageRequestSchema,
};
const capabilities = { elicitation: {}, sampling: {} };

// The client tells the version to its transport, and to nobody else.
const telling = (transport) => {
  const known = transport.setProtocolVersion?.bind(transport);
  transport.setProtocolVersion = (version) => {
    transport.told = version;
    known?.(version);
  };
  return transport;
};

await matrix({
  client: () => new Client({ name: 'toolgate-clients', version: '1.0.0' }, { capabilities }),
  version: (_, transport) => transport.told,
  http: (url, options) => telling(new StreamableHTTPClientTransport(url, options)),
  stdio: (parameters) => telling(new StdioClientTransport(parameters)),
  provider: (token) =>
    token === undefined ? {} : { requestInit: { headers: { Authorization: `Bearer ${token}` } } },
  call: (client, params, options) => client.callTool(params, undefined, options),
  onNote: (client, method, handle) => client.setNotificationHandler(schemas[method], handle),
  onAsk: (client, method, handle) => client.setRequestHandler(schemas[method], handle),
  unknownResource: -32002,
  finish: (transport, params) => transport.finishAuth(params.get('code')),
  is401: (error) => error instanceof UnauthorizedError || error.code === 401,
});
process.exit(0);
