// The user of an OAuth client: remembers what a client wants remembered, and says yes in the browser.
// Both TypeScript SDKs ask for the same interface.

import assert from 'node:assert/strict';

export class User {
  redirectUrl = 'http://127.0.0.1:8976/callback';
  clientMetadata = {
    client_name: 'toolgate clients',
    redirect_uris: [this.redirectUrl],
    grant_types: ['authorization_code'],
    response_types: ['code'],
    token_endpoint_auth_method: 'none',
  };

  state = () => 'the-state';
  clientInformation = () => this.client;
  saveClientInformation = (client) => void (this.client = client);
  tokens = () => this.held;
  saveTokens = (tokens) => void (this.held = tokens);
  codeVerifier = () => this.verifier;
  saveCodeVerifier = (verifier) => void (this.verifier = verifier);
  discoveryState = () => this.discovered;
  saveDiscoveryState = (discovered) => void (this.discovered = discovered);
  redirectToAuthorization = (url) => void (this.asked = url);

  // What the authorization server gives back to the client.
  async consents() {
    assert(this.asked, 'nobody was sent to the authorization server');
    let answer = await fetch(this.asked, { redirect: 'manual' });
    // The development authorization server asks who one is, and whether the client may.
    if (answer.status === 200) answer = await submit(answer, { person: 'ann' });
    if (answer.status === 200) answer = await submit(answer, { answer: 'allow' });
    if (answer.status === 303) return this.#back(answer);
    assert.equal(answer.status, 302, await answer.text());
    return this.#back(answer);
  }

  #back(answer) {
    const back = new URL(answer.headers.get('location'));
    assert.equal(back.origin + back.pathname, this.redirectUrl);
    assert.equal(back.searchParams.get('state'), 'the-state');
    return back.searchParams;
  }
}

// Sends the form of a page as it is, by the button of this name and value.
async function submit(page, button) {
  const html = await page.text();
  const [[name, value]] = Object.entries(button);
  assert(html.includes(`<button name="${name}" value="${value}">`), html);
  const fields = html.matchAll(/<input type="(?:hidden|checkbox)" name="([^"]*)" value="([^"]*)"/g);
  const body = new URLSearchParams([...fields].map(([, name, value]) => [name, value]));
  body.append(name, value);
  const to = new URL(/<form method="post" action="([^"]*)">/.exec(html)[1], page.url);
  return fetch(to, { method: 'POST', body, redirect: 'manual' });
}
