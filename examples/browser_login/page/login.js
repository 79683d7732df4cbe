// A page that calls tools of an MCP server on another origin, in the name of whoever logs in.
//
// Given is the server's address alone (`?server=`). Where to log in, as which client and for which
// scopes is found on the way, as the section "Authorization" of revision 2026-07-28 has it.
// `?client=` names a client that was registered by hand, where clients cannot register themselves.

// How often a call is made anew, and how often one logs in for it.
const [ATTEMPTS, LOGINS] = [4, 3];
const here = location.origin + location.pathname;

// What survives going away to log in and coming back. Of this tab alone, and gone with it; but any
// script that got into the page could read it, so this page runs none but this one (its header says so).
let state = JSON.parse(sessionStorage.getItem('state') ?? '{}');

function remember(more) {
  Object.assign(state, more);
  sessionStorage.setItem('state', JSON.stringify(state));
}

// ---- Calling a tool ------------------------------------------------------------------------------

// Asks, and does what it takes to be let in: new tokens by refreshing, or by logging in, which leaves
// this page. `onward` is the call that is made when it comes back.
async function request(method, params, onward) {
  for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
    if (state.ends < Date.now()) await refresh('the token is said to have ended');
    const answer = await post(method, params);
    if (answer.ok) {
      remember({ logins: 0 });
      return result(await answer.json());
    }
    const challenge = read(answer.headers.get('WWW-Authenticate'));
    const why = [answer.status, challenge.error, challenge.error_description].filter(Boolean);
    tell(`${params.name ?? method}: ${why.join(', ')}`, 'bad');
    if (answer.status === 401) {
      if (await refresh('the server takes the token no more')) continue;
      return logIn(challenge, challenge.scope, onward);
    }
    if (answer.status === 403 && challenge.error === 'insufficient_scope') {
      // What was asked for before is asked for again, or it would be lost.
      const scope = union(state.scope, challenge.scope);
      if (scope === state.scope) throw new Error(`"${scope}" was asked for, and not given`);
      return logIn(challenge, scope, onward);
    }
    break;
  }
  throw new Error(`${params.name ?? method} was refused`);
}

function post(method, params) {
  const headers = {
    'Content-Type': 'application/json',
    Accept: 'application/json, text/event-stream',
    'MCP-Protocol-Version': '2026-07-28',
    'Mcp-Method': method,
    ...(params.name && { 'Mcp-Name': params.name }),
    ...(state.token && { Authorization: `Bearer ${state.token}` }),
  };
  const _meta = {
    'io.modelcontextprotocol/protocolVersion': '2026-07-28',
    'io.modelcontextprotocol/clientCapabilities': {},
  };
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method, params: { ...params, _meta } });
  return fetch(state.server, { method: 'POST', headers, body });
}

async function call(name, args) {
  const onward = { name, args };
  const { content, isError } = await request('tools/call', { name, arguments: args }, onward);
  const said = content.map(({ text }) => text).join('\n');
  if (isError) throw new Error(said);
  const { tools } = await request('tools/list', {}, onward);
  element('tools').textContent = tools.map((tool) => `${tool.name}: ${tool.description}`).join('\n');
  return said;
}

// These tools neither report nor ask: their answers are JSON, never a stream.
function result({ result, error }) {
  if (error) throw new Error(error.message);
  return result;
}

// The parameters of the challenge for bearers (RFC 6750, section 3), which comes first here.
function read(header) {
  const found = /(?:^|,\s*)Bearer\s+(.*)/i.exec(header ?? '')?.[1] ?? '';
  const pairs = found.matchAll(/(\w+)=(?:"((?:[^"\\]|\\.)*)"|([^\s,]+))/g);
  return Object.fromEntries([...pairs].reverse().map(([, name, quoted, bare]) => [name, quoted ?? bare]));
}

const union = (...scopes) => [...new Set(scopes.join(' ').split(' ').filter(Boolean))].join(' ');

// ---- Finding out where to log in -------------------------------------------------------------------

// From the challenge to the authorization server: RFC 9728, then RFC 8414 or OpenID Connect Discovery.
async function discover(challenge) {
  const { origin, pathname } = new URL(state.server);
  const guess = `${origin}/.well-known/oauth-protected-resource`;
  const resource = await first([challenge.resource_metadata ?? [guess + pathname, guess]].flat());
  if (resource.resource !== state.server) throw new Error(`this is the server of ${resource.resource}`);
  const named = resource.authorization_servers[0];
  const issuer = new URL(named);
  const path = issuer.pathname.replace(/\/$/, '');
  const places = [
    `${issuer.origin}/.well-known/oauth-authorization-server${path}`,
    `${issuer.origin}/.well-known/openid-configuration${path}`,
    `${issuer.origin}${path}/.well-known/openid-configuration`,
  ];
  const metadata = await first(places);
  if (metadata.issuer !== named) throw new Error(`${named} calls itself ${metadata.issuer}`);
  if (!metadata.code_challenge_methods_supported?.includes('S256')) throw new Error('no PKCE');
  tell(`tokens of ${resource.resource} come from ${metadata.issuer}`);
  return { issuer: metadata, scopes: resource.scopes_supported };
}

async function first(places) {
  for (const place of places) {
    const answer = await fetch(place).catch(() => undefined);
    if (answer?.ok) return answer.json();
  }
  throw new Error(`nothing at ${places.join(' or ')}`);
}

// Registers this page (RFC 7591), once for each authorization server.
async function register(issuer) {
  if (state.client?.issuer === issuer.issuer) return state.client.id;
  const by_hand = new URLSearchParams(location.search).get('client');
  if (by_hand) return by_hand;
  if (!issuer.registration_endpoint) throw new Error(`${issuer.issuer} registers nobody: add ?client=`);
  const client = {
    client_name: 'Guest book',
    redirect_uris: [here],
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code'],
    token_endpoint_auth_method: 'none',
  };
  const headers = { 'Content-Type': 'application/json' };
  const answer = await fetch(issuer.registration_endpoint, { method: 'POST', headers, body: JSON.stringify(client) });
  if (!answer.ok) throw new Error(`${issuer.issuer} does not register this page: ${answer.status}`);
  const { client_id } = await answer.json();
  remember({ client: { issuer: issuer.issuer, id: client_id } });
  tell('registered as a client');
  return client_id;
}

// ---- Logging in ------------------------------------------------------------------------------------

// Leaves for the authorization server (RFC 6749, section 4.1.1, with RFC 7636 and RFC 8707).
async function logIn(challenge, wanted, onward) {
  if ((state.logins ?? 0) >= LOGINS) throw new Error(`not let in after ${LOGINS} logins`);
  const { issuer, scopes } = await discover(challenge);
  const client = await register(issuer);
  const scope = wanted ?? scopes?.join(' ') ?? '';
  const [verifier, nonce] = [random(), random()];
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(verifier));
  const logins = (state.logins ?? 0) + 1;
  remember({ issuer, client: { issuer: issuer.issuer, id: client }, scope, verifier, nonce, onward, logins });
  const url = new URL(issuer.authorization_endpoint);
  const query = {
    response_type: 'code',
    client_id: client,
    redirect_uri: here,
    code_challenge: base64url(new Uint8Array(digest)),
    code_challenge_method: 'S256',
    state: nonce,
    resource: state.server,
    ...(scope && { scope }),
  };
  Object.entries(query).forEach(([name, value]) => url.searchParams.set(name, value));
  tell(`asks ${issuer.issuer} for "${scope}"`);
  location.assign(url);
  // Nothing goes on here: the page is being left.
  return new Promise(() => {});
}

// Comes back with a code, or a refusal, if they are an answer to what was asked (RFC 9207 besides).
async function comeBack(query) {
  const { issuer, verifier, nonce } = state;
  remember({ verifier: undefined, nonce: undefined });
  history.replaceState({}, '', here);
  if (!nonce || query.get('state') !== nonce) throw new Error('an answer to a question that nobody asked');
  const by = query.get('iss');
  const tells = issuer.authorization_response_iss_parameter_supported === true;
  if ((by ?? (tells ? null : issuer.issuer)) !== issuer.issuer) throw new Error('somebody else answered');
  if (query.has('error')) throw new Error(`not logged in: ${query.get('error')}`);
  const body = { grant_type: 'authorization_code', code: query.get('code'), redirect_uri: here, code_verifier: verifier };
  if (!(await tokens(body))) throw new Error('the code was not taken');
  tell(`logged in for "${state.scope}"`);
}

// Whether there are new tokens.
async function refresh(why) {
  const { refreshToken } = state;
  remember({ token: undefined, ends: undefined, refreshToken: undefined });
  if (!refreshToken) return false;
  const renewed = await tokens({ grant_type: 'refresh_token', refresh_token: refreshToken });
  tell(`${why}: ${renewed ? 'refreshed' : 'not refreshed'}`, renewed ? '' : 'bad');
  return renewed;
}

async function tokens(grant) {
  const body = new URLSearchParams({ ...grant, client_id: state.client.id, resource: state.server });
  const answer = await fetch(state.issuer.token_endpoint, { method: 'POST', body });
  if (!answer.ok) return false;
  const given = await answer.json();
  if (given.token_type.toLowerCase() !== 'bearer') throw new Error(`a token of type ${given.token_type}`);
  remember({
    token: given.access_token,
    ends: given.expires_in && Date.now() + given.expires_in * 1000,
    // One that was not replaced goes on.
    refreshToken: given.refresh_token ?? grant.refresh_token,
  });
  return true;
}

const random = () => base64url(crypto.getRandomValues(new Uint8Array(32)));

function base64url(bytes) {
  return btoa(String.fromCharCode(...bytes)).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}

// ---- The page --------------------------------------------------------------------------------------

const element = (id) => document.getElementById(id);

function tell(what, kind = '') {
  remember({ told: [...(state.told ?? []), { what, kind }] });
  show(what, kind);
}

function show(what, kind) {
  const line = document.createElement('li');
  line.textContent = what;
  line.className = kind;
  element('steps').append(line);
}

async function doing(work) {
  element('answer').textContent = '';
  try {
    element('answer').textContent = await work();
  } catch (error) {
    tell(error.message, 'bad');
    element('answer').textContent = `Sorry: ${error.message}`;
  }
}

element('who').onclick = () => doing(() => call('who', {}));
element('sign').onclick = () => doing(() => call('sign', { line: element('line').value }));

const query = new URLSearchParams(location.search);
const server = query.get('server') ?? state.server;
// What one server is told is no other's business, a token least of all.
if (server !== state.server) state = { server };
element('server').textContent = server ?? 'nobody: add ?server=';
(state.told ?? []).forEach(({ what, kind }) => show(what, kind));
if (query.has('state')) {
  await doing(async () => {
    await comeBack(query);
    // What was wanted when the page was left.
    return call(state.onward.name, state.onward.args);
  });
}
