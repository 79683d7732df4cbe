// The page of examples/browser_login in Chromium, and a person in front of it.
// Of SCENE it wants `page`, `server` and `issuer`, addresses; `kind`, whose the issuer is; `chromium`, a
// program; and `picture`, a file for how it looks at the end, if one is wanted.

import assert from 'node:assert/strict';
import { chromium } from 'playwright-core';
import { check, scene } from '../report.mjs';
import { pages } from './pages.mjs';

// As root and without a display. No name leads anywhere: what is under test is on this machine.
const ARGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1',
];
const HOURS_AGO = 7200;
const { registers, unknown, logsIn, asked, allow } = pages[scene.kind];

const browser = await chromium.launch({ executablePath: scene.chromium, args: ARGS });
const context = await browser.newContext({ viewport: { width: 1000, height: 900 } });
context.setDefaultTimeout(10_000);
const page = await context.newPage();
await page.clock.install();

// Answers of others than the page's own origin, since they were last looked at.
let seen = [];
page.on('response', (answer) => {
  const { origin, pathname } = new URL(answer.url());
  const who = origin === scene.issuer ? 'issuer' : origin === new URL(scene.server).origin ? 'server' : undefined;
  if (who) seen.push(`${who}${pathname} ${answer.status()}`);
});
const since = () => seen.splice(0);

const answer = page.locator('#answer');
const steps = () => page.locator('#steps li').allTextContents();
const says = async (text) => {
  await answer.filter({ hasText: /\S/ }).waitFor();
  assert.equal(await answer.textContent(), text, (await steps()).join('; '));
};

// Some authorization servers remember who logged in, some do not.
const known = async (page) => {
  await unknown(page).or(allow(page)).waitFor();
  if (await unknown(page).isVisible()) await logsIn(page);
  await allow(page).waitFor();
};
const saysSorry = async (page, why) => {
  const sorry = page.locator('#answer').filter({ hasText: /\S/ });
  await sorry.waitFor();
  assert.equal(await sorry.textContent(), `Sorry: ${why}`);
};

await check('browser', async () => ({ said: browser.version() }));

await check('discovery', async () => {
  await page.goto(`${scene.page}/?server=${scene.server}`);
  await page.getByRole('button', { name: 'Who am I?' }).click();
  await unknown(page).waitFor();
  const found = since().slice(0, 4);
  assert.deepEqual(found, [
    'server/mcp 401',
    'server/.well-known/oauth-protected-resource/mcp 200',
    'issuer/.well-known/oauth-authorization-server 200',
    `issuer${registers} 201`,
  ]);
  return { said: found.join(', ') };
});

await check('log in', async () => {
  await logsIn(page);
  await allow(page).waitFor();
  return { said: await page.getByRole('heading', { level: 1 }).textContent() };
});

await check('consent', async () => {
  const scopes = await asked(page);
  assert(scopes.includes('guests:read') && !scopes.includes('guests:sign'), scopes.join());
  await allow(page).click();
  await says('You are Ann Archer.');
  assert.equal(page.url(), `${scene.page}/`, 'no code stays in the address');
  return { said: await answer.textContent() };
});

// The page thinks that its token has ended, and gets one which has in truth.
await check('refresh', async () => {
  const aged = await fetch(`${scene.issuer}/test/age?seconds=${HOURS_AGO}`, { method: 'POST' });
  assert.equal(aged.status, 204);
  await page.clock.fastForward(HOURS_AGO * 1000);
  since();
  await page.getByRole('button', { name: 'Who am I?' }).click();
  await says('You are Ann Archer.');
  const found = since().slice(0, 4);
  assert.deepEqual(found, ['issuer/token 200', 'server/mcp 401', 'issuer/token 200', 'server/mcp 200']);
  const told = (await steps()).slice(-3);
  assert.match(told[0], /said to have ended: refreshed/);
  assert.match(told[1], /401, invalid_token, the token has expired/);
  assert.match(told[2], /no more: refreshed/);
  return { said: found.join(', ') };
});

await check('listed', async () => {
  const tools = await page.locator('#tools').textContent();
  assert.match(tools, /^sign: /m);
  return { said: tools.split('\n').map((line) => line.split(':')[0]).join(', ') };
});

await check('step up', async () => {
  since();
  await page.getByRole('button', { name: 'Sign', exact: true }).click();
  await known(page);
  const found = since();
  assert.equal(found[0], 'server/mcp 403');
  const scopes = await asked(page);
  assert(scopes.includes('guests:sign'), scopes.join());
  await allow(page).click();
  await says('Line 1: I was here, Ann Archer');
  const told = (await steps()).find((step) => step.includes('403'));
  assert.match(told, /^sign: 403, insufficient_scope/);
  return { said: `${told}; then ${await answer.textContent()}` };
});

await check('picture', async () => {
  if (scene.picture) await page.screenshot({ path: scene.picture });
  return { said: scene.picture ?? 'none was wanted' };
});

// What was granted before is still there.
await check('kept', async () => {
  since();
  await page.getByRole('button', { name: 'Who am I?' }).click();
  await says('You are Ann Archer.');
  const found = since();
  assert.deepEqual([...new Set(found)], ['server/mcp 200']);
  return { said: `${found.length} answers, all 200` };
});

// What comes back to the page is not always an answer to it, nor by whom it asked.
await check('forged answer', async () => {
  const other = await context.newPage();
  await other.goto(`${scene.page}/?server=${scene.server}&code=x&state=made-up&iss=${scene.issuer}`);
  await saysSorry(other, 'an answer to a question that nobody asked');
  await other.close();
  return { said: 'not taken' };
});

await check('mix-up', async () => {
  const other = await context.newPage();
  const redeemed = [];
  other.on('request', (it) => it.url().endsWith('/token') && redeemed.push(it.url()));
  // Redirects are not to be caught on their way: what is posted is followed here, up to the page.
  await other.route((url) => url.origin === scene.issuer, async (route) => {
    if (route.request().method() !== 'POST' || !route.request().isNavigationRequest()) return route.continue();
    let to = new URL(route.request().url());
    let step = await route.fetch({ maxRedirects: 0 });
    while (to.origin === scene.issuer) {
      if (!step.headers().location) return route.fulfill({ response: step });
      to = new URL(step.headers().location, to);
      if (to.origin === scene.issuer) step = await context.request.get(to.href, { maxRedirects: 0 });
    }
    assert.equal(to.searchParams.get('iss'), scene.issuer);
    to.searchParams.set('iss', 'https://evil.example');
    return route.fulfill({ status: 303, headers: { Location: to.href } });
  });
  await other.goto(`${scene.page}/?server=${scene.server}`);
  await other.getByRole('button', { name: 'Who am I?' }).click();
  await known(other);
  await allow(other).click();
  await saysSorry(other, 'somebody else answered');
  assert.deepEqual(redeemed, [], 'the code was shown to somebody');
  await other.close();
  return { said: 'no code was redeemed' };
});

await check('another tab', async () => {
  const other = await context.newPage();
  await other.goto(`${scene.page}/?server=${scene.server}`);
  const known = await other.evaluate(() => JSON.parse(sessionStorage.getItem('state'))?.token);
  assert.equal(known, undefined);
  await other.close();
  return { said: 'knows no token' };
});

await check('another server', async () => {
  const sent = [];
  page.on('request', (it) => sent.push(it.headers().authorization));
  await page.goto(`${scene.page}/?server=${scene.issuer}/mcp`);
  await page.getByRole('button', { name: 'Who am I?' }).click();
  await answer.filter({ hasText: 'Sorry' }).waitFor();
  assert(sent.length > 0 && sent.every((value) => value === undefined), 'it was shown one');
  return { said: 'is shown no token' };
});

await check('another page', async () => {
  const other = await context.newPage();
  await other.goto(`${scene.issuer}/.well-known/openid-configuration`);
  const ask = (url) => fetch(url, { method: 'POST' }).then((it) => it.status, (error) => error.name);
  const found = await other.evaluate(ask, scene.server);
  await other.close();
  assert.equal(found, 'TypeError');
  return { said: 'sees nothing of the server' };
});

await browser.close();
process.exit(0);
