// A person with a browser that keeps cookies: follows a client to the authorization server, logs in
// and consents on its pages, and comes back with what it says to the client.

import assert from 'node:assert/strict';

const STEPS = 12;

export async function consents(asked, redirectUrl, login) {
  const cookies = new Map();
  const go = async (url, options = {}) => {
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const answer = await fetch(url, { ...options, headers: { cookie }, redirect: 'manual' });
    for (const text of answer.headers.getSetCookie()) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(text);
      cookies.set(name, value);
    }
    return answer;
  };
  const seen = [];
  let [at, answer] = [asked, await go(asked)];
  for (let step = 0; step < STEPS; step += 1) {
    const next = answer.headers.get('location');
    if (next) {
      at = new URL(next, at);
      if (at.href.startsWith(redirectUrl)) return { params: at.searchParams, seen };
      answer = await go(at);
    } else {
      const page = await answer.text();
      const action = /<form [^>]*action="([^"]+)"/.exec(page)?.[1];
      assert(action, `${at.pathname} answered ${answer.status}: ${page.replace(/\s+/g, ' ').slice(0, 200)}`);
      const prompt = /name="prompt" value="(\w+)"/.exec(page)?.[1];
      seen.push(prompt);
      at = new URL(action, at);
      const body = new URLSearchParams({ prompt, login, password: 'any' });
      answer = await go(at, { method: 'POST', body });
    }
  }
  return assert.fail(`not back after ${STEPS} steps: ${seen}`);
}
