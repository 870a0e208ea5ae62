/** The page for operators in a real browser, over real servers: what it shows, a failover, an action, a restart. */
import { readFileSync, writeFileSync } from 'node:fs';
import { type Connection, createConnection } from 'mysql2/promise';
import type { Page } from 'playwright-core';
import t from 'tap';
import { runPointsman } from '../proxy/run-pointsman.js';
import { PASSWORDS, serverUnavailable, startPointsman, startReplication, until } from '../servers/servers.js';
import { callEverything } from './api-conformance.js';
import { accessibilityFaults, startBrowser } from './browser.js';

const OPERATOR = 'operator-token-0123';
const VIEWER = 'viewer-token-01234567';
const MOST_BYTES = 150 * 1024;

const browser = await startBrowser((text) => t.comment(text));
const reason = typeof browser === 'string' ? browser : await serverUnavailable('mariadb');

/** A page that has logged in; what it complains of is gathered. */
async function open(url: string, complaints: string[], token = OPERATOR): Promise<Page> {
  if (typeof browser === 'string') throw new Error(browser);
  const page = await browser.newPage({ viewport: { width: 1280, height: 900 }, colorScheme: 'light' });
  page.setDefaultTimeout(30_000);
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('request', (request) => {
    if (!request.url().startsWith(url)) complaints.push(`asks ${request.url()}`);
  });
  await page.goto(url);
  await page.fill('#token', token);
  await page.click('#login-form button[type=submit]');
  await page.locator('.station').first().waitFor();
  return page;
}

t.test('the dashboard', { skip: reason ?? false, timeout: 180_000 }, async (t) => {
  const set = await startReplication({ flavor: 'mariadb', replicas: 1 });
  t.teardown(() => set.stop());
  const proxy = await startPointsman({
    set,
    mode: 'promote',
    // A browser may be slow, and statements are held meanwhile.
    cluster: { hold: { timeout: '60s' } },
    config: {
      process: { workers: 2 },
      drain: { acceptFor: '0s', timeout: '1s' },
      admin: { token: OPERATOR, tokens: [{ name: 'grafana', role: 'viewer', token: VIEWER }] },
      rules: [{ name: 'no-drops', match: { pattern: '^DROP DATABASE' }, action: { deny: 'not here' } }],
    },
  });
  t.teardown(() => proxy.stop());
  t.teardown(() => (typeof browser === 'string' ? undefined : browser.close()));
  const account = { host: proxy.host, user: 'app', password: PASSWORDS.app, database: 'test1' };
  const client = await createConnection({ ...account, port: proxy.splitPort });
  client.on('error', () => undefined);
  const victim = await createConnection({ ...account, port: proxy.primaryPort });
  let cut = false;
  victim.on('error', () => (cut = true));
  victim.on('end', () => (cut = true));
  await client.query('CREATE TABLE dashboard (n INT)');
  await client.query('INSERT INTO dashboard VALUES (4711), (4712)');
  for (let n = 0; n < 5; n += 1) await client.query(`SELECT n FROM dashboard WHERE n = ${n}`);
  await client.query('SELECT SLEEP(1.1)');
  await victim.query("SELECT GET_LOCK('dashboard', 1)");

  await t.test('every answer of the API is as /openapi.json says', async (t) => {
    const sessions = (await (await ask(proxy.adminUrl, '/api/v1/sessions')).json()) as { sessions: { id: number }[] };
    const values = { name: 'db2', cluster: 'main', id: String(sessions.sessions[0]?.id), sql: 'SELECT 1', file: 'app.js' };
    const { called, wrong } = await callEverything({ url: proxy.adminUrl, token: OPERATOR, values });
    t.same(wrong, []);
    t.ok(called.length >= 19, `${called.length} are called`);
    for (const path of ['/api/v1/sessions/{id}/kill', '/api/v1/digests', '/api/v1/explain', '/api/v1/config'])
      t.ok(
        called.some((line) => line.includes(path) && line.endsWith(' 200')),
        path,
      );
  });

  await t.test('what the API knows of statements', async (t) => {
    const { digests, slow } = (await (await ask(proxy.adminUrl, '/api/v1/digests')).json()) as Record<string, Record<string, unknown>[]>;
    t.match(
      digests?.find(({ text }) => String(text).startsWith('select n from dashboard')),
      { kind: 'read', count: 5, errors: 0, rows: 0, schema: 'test1' },
    );
    t.match(slow?.[0], { text: 'select sleep(?)', rows: 1, user: 'app', ok: true });
    t.notMatch(JSON.stringify({ digests, slow }), /\b4711\b/, 'no literals');
    const config = await (await ask(proxy.adminUrl, '/api/v1/config')).text();
    t.notMatch(config, new RegExp(`${OPERATOR}|${VIEWER}`));
    const secrets = config.match(/"(\w*password|token)": ("[^"]*"|null)/gi) ?? [];
    t.ok(secrets.length >= 6);
    t.same(
      secrets.filter((line) => !/"\*\*\*"|null/.test(line)),
      [],
    );
  });

  const complaints: string[] = [];
  const page = await open(proxy.adminUrl, complaints);

  await t.test('shows the servers, what goes through, and statements', async (t) => {
    await page.locator('#link[data-state=live]').waitFor();
    t.equal(await page.locator('.station').count(), 2);
    t.match(await page.locator('.station[data-role=primary]').textContent(), /db1.*primary.*online/);
    t.match(await page.locator('.station[data-role=replica]').textContent(), /db2.*lag/);
    t.match(await page.locator('#figures').textContent(), /Clients2 sessions/);
    await page.locator('#rate-chart path.primaryPerSecond[d^=M]').waitFor({ state: 'attached' });
    await page.getByRole('tab', { name: 'Sessions' }).focus();
    await page.keyboard.press('ArrowRight');
    t.equal(await page.evaluate('document.activeElement.id'), 'tab-statements', 'tabs by keyboard');
    await page.getByText('select n from dashboard where n = ?').waitFor();
  });

  await t.test('its first load is small', async (t) => {
    const bytes = (await page.evaluate(
      'performance.getEntries().filter((each) => each.transferSize > 0).reduce((sum, each) => sum + each.transferSize, 0)',
    )) as number;
    t.ok(bytes > 10_000 && bytes < MOST_BYTES, `${bytes} bytes`);
  });

  await t.test('can be read by everybody', async (t) => {
    const looks = [
      { colorScheme: 'dark', tab: 'Sessions' },
      { colorScheme: 'light', tab: 'Configuration' },
    ] as const;
    for (const { colorScheme, tab } of looks) {
      await page.emulateMedia({ colorScheme });
      await page.getByRole('tab', { name: tab }).click();
      await page.locator('[role=tabpanel]:visible').locator('td, p').first().waitFor();
      t.same(await accessibilityFaults(page), [], `${tab}, ${colorScheme}`);
    }
  });

  await t.test('stays smooth with many rows', async (t) => {
    const crowd: Connection[] = [];
    while (crowd.length < 1_000) {
      const more = Array.from({ length: 50 }, () => createConnection({ ...account, port: proxy.splitPort }));
      crowd.push(...(await Promise.all(more)));
    }
    for (const each of crowd) each.on('error', () => undefined);
    await page.getByRole('tab', { name: 'Sessions' }).click();
    await page.getByText('200 of 1,002 sessions').waitFor();
    const size = (await (await ask(proxy.adminUrl, '/api/v1/sessions?limit=200&sort=-id')).text()).length;
    t.ok(size < 80 * 1024, `${size} bytes each two seconds`);
    // It was there first, and is not among the 200 that came last.
    const filter = page.locator('#view-sessions input[type=search]');
    await filter.fill("lock 'dashboard'");
    await page.getByText('1 of 1,002 sessions').waitFor();
    await page.locator('#view-sessions tr', { hasText: "named lock 'dashboard'" }).waitFor();
    await filter.fill('');
    await page.locator('#view-sessions').getByRole('button', { name: 'Pinned because of' }).click();
    await page.locator('#view-sessions tbody tr[aria-rowindex="2"]', { hasText: "named lock 'dashboard'" }).waitFor();
    if (process.env['POINTSMAN_SCREENSHOTS'] !== undefined)
      await page.screenshot({ path: `${process.env['POINTSMAN_SCREENSHOTS']}/sessions.png` });
    t.ok((await page.locator('#view-sessions tbody tr').count()) < 120, 'only rows in sight are drawn');
    const longestMs = (await page.evaluate(`(async () => {
      const scroll = document.querySelector('#view-sessions .scroll');
      let longest = 0;
      let before = performance.now();
      for (let n = 0; n < 40; n += 1) {
        scroll.scrollTop = n * 700;
        await new Promise(requestAnimationFrame);
        longest = Math.max(longest, performance.now() - before);
        before = performance.now();
      }
      return longest;
    })()`)) as number;
    t.ok(longestMs < 2_000, `longest frame ${Math.round(longestMs)} ms`);
    t.ok((await page.locator('#view-sessions tbody tr').count()) < 120);
    t.comment(`longest frame while scrolling: ${Math.round(longestMs)} ms`);
    for (const each of crowd) each.destroy();
    await page.getByText(/^2 sessions/).waitFor();
    await page.locator('#view-sessions .scroll').evaluate('(element) => { element.scrollTop = 0; }');
  });

  await t.test('kills a session, after asking', async (t) => {
    const row = page.locator('#view-sessions tr', { hasText: "named lock 'dashboard'" });
    await row.getByRole('button', { name: /Kill session/ }).click();
    await page.locator('#action-body').getByText('pin reasons').waitFor();
    t.notOk(cut, 'asking is not doing');
    await page.locator('#action-do').click();
    await until('the session is cut', async () => cut);
    await page.getByRole('tab', { name: 'Audit' }).click();
    await page.locator('#view-audit td', { hasText: 'kill' }).first().waitFor();
    await until('the log says so', () =>
      /"event":"audit","action":"kill","actor":"admin".*"dryRun":false,"result":"done"/.test(proxy.log()),
    );
    t.match(proxy.log(), /"event":"audit","action":"kill","actor":"admin".*"dryRun":false,"result":"done"/);
  });

  await t.test('shows what the file says and is not in force, and reloads', async (t) => {
    const good = readFileSync(proxy.configPath, 'utf8');
    const config = JSON.parse(good) as { process: object };
    writeFileSync(proxy.configPath, JSON.stringify({ ...config, limits: { clients: 777 }, process: { workers: 3 } }));
    await page.getByRole('tab', { name: 'Sessions' }).click();
    await page.getByRole('tab', { name: 'Configuration' }).click();
    await page.locator('.drift li', { hasText: 'limits.clients' }).waitFor();
    await page.locator('#reload').click();
    await page.locator('#action-body li', { hasText: 'limits.clients 10000 → 777' }).waitFor();
    t.match(await page.locator('#action-body').textContent(), /Applied at once.*limits\.clients.*Needs a restart.*process\.workers/);
    await page.locator('#action-do').click();
    await page.locator('.drift li', { hasText: 'limits.clients' }).waitFor({ state: 'detached' });
    t.match(await page.locator('.drift').textContent(), /process\.workers/, 'it still waits for a restart');
    t.match(await (await ask(proxy.adminUrl, '/api/v1/config')).json(), { config: { limits: { clients: 777 } } });

    writeFileSync(proxy.configPath, good.replace('{', '{ "limitz": {},'));
    await page.locator('#reload').click();
    await page.locator('#action-body .error', { hasText: /pointsman\.json:\d+:\d+: limitz: unknown key/ }).waitFor();
    t.notOk(await page.locator('#action-do').isVisible(), 'there is nothing to do');
    await page.locator('#action-cancel').click();
    const said = complaints.splice(0);
    t.ok(said.length > 0 && said.every((line) => line.includes('422')), 'the browser notes the refusal, and nothing else');
    writeFileSync(proxy.configPath, good);
    await page.locator('#reload').click();
    await page.locator('#action-body li', { hasText: 'limits.clients 777 → 10000' }).waitFor();
    await page.locator('#action-do').click();
    await page.locator('.drift', { hasText: 'What runs is what the file says.' }).waitFor();
  });

  await t.test('pauses a cluster and lets it go on', async (t) => {
    const verdict = page.locator('.verdict').first();
    await page.getByRole('button', { name: 'Pause main' }).click();
    await page.locator('#action-do').click();
    await page.locator('.verdict', { hasText: 'paused by admin' }).waitFor();
    t.equal(await verdict.getAttribute('data-level'), 'bad');
    const held = client.query('SELECT 4713');
    await page.locator('.verdict', { hasText: /[1-9] statements? held/ }).waitFor();
    await page.getByRole('button', { name: 'Resume main' }).click();
    await page.locator('#action-do').click();
    await page.getByRole('button', { name: 'Pause main' }).waitFor();
    t.match((await held)[0], [{ 4713: 4713 }]);
    t.notMatch(await verdict.textContent(), /paused/);
  });

  await t.test('tells of a failover while it happens', async (t) => {
    await page.getByRole('tab', { name: 'Failovers' }).click();
    await page.getByText('No primary has been lost').waitFor();
    await set.primary.kill9();
    await page.locator('.station[data-state=down]', { hasText: 'db1' }).waitFor();
    await page.locator('.station[data-role=primary]', { hasText: 'db2' }).waitFor();
    await page.locator('.failover summary', { hasText: 'db1 → db2' }).waitFor();
    t.ok((await page.locator('.failover .timeline li').count()) > 5);
    await page.getByRole('tab', { name: 'Statements' }).click();
  });

  await t.test('a viewer is offered no actions', async (t) => {
    const context = await page.context().browser()?.newContext();
    if (context === undefined) throw new Error('the browser is gone');
    const other = await context.newPage();
    await other.goto(proxy.adminUrl);
    await other.fill('#token', VIEWER);
    await other.click('#login-form button[type=submit]');
    await other.locator('#who', { hasText: 'grafana · viewer' }).waitFor();
    await other.locator('.station').first().waitFor();
    t.equal(await other.locator('button', { hasText: '…' }).count(), 1, 'only the hidden one of reload');
    t.notOk(await other.locator('#reload').isVisible());
    await context.close();
  });
  t.same(complaints, [], 'nothing on the console, nothing asked elsewhere');

  await t.test('a restart of the proxy', async (t) => {
    const folder = t.testdir({});
    writeFileSync(`${folder}/pointsman.json`, readFileSync(proxy.configPath));
    client.destroy();
    await proxy.stop();
    await page.locator('#link[data-state=stale]').waitFor();
    const again = runPointsman(['start', '--config', `${folder}/pointsman.json`], `${folder}/pointsman.json`);
    await page.locator('#link[data-state=live]').waitFor();
    await page.locator('#about', { hasText: /running for \d+ s/ }).waitFor();
    t.notOk(await page.locator('#login').isVisible(), 'the login outlives the process');
    again.child.kill('SIGTERM');
    await again.ended;
  });
});

function ask(url: string, path: string): Promise<Response> {
  return fetch(url + path, { headers: { authorization: `Bearer ${OPERATOR}` } });
}
