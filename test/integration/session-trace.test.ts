import { join } from 'node:path';
import t from 'tap';
import { REPOSITORY } from '../proxy/run-pointsman.js';
import { startPointsman } from '../proxy/start-pointsman.js';
import { runCommand } from '../servers/run-command.js';
import { serverUnavailable, startReplication, until } from '../servers/servers.js';

const reason = await serverUnavailable('mariadb');
const TOKEN = 'of-an-operator';

t.test('the packets of one session, and the log level, while it runs', { skip: reason ?? false }, async (t) => {
  const set = await startReplication({ flavor: 'mariadb', replicas: 1 });
  t.teardown(() => set.stop());
  const admin = { token: TOKEN, tokens: [{ name: 'looks', role: 'viewer', token: 'of-a-viewer' }] };
  const proxy = await startPointsman({ servers: set, workers: 2, config: { admin } });
  t.teardown(() => proxy.stop());
  const call = (method: 'GET' | 'POST', path: string, body?: object, token = TOKEN): Promise<Response> =>
    fetch(`${proxy.adminUrl}/api/v1/${path}`, {
      method,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  const client = await proxy.connect('split', { multipleStatements: true });
  const other = await proxy.connect('split');
  const id = client.threadId;

  await t.test('a trace tells what passed, and no data', async (t) => {
    t.equal((await call('POST', `sessions/${id}/trace`, {}, 'of-a-viewer')).status, 403);
    t.equal((await call('POST', 'sessions/1073999999/trace', {})).status, 404);
    t.equal((await call('GET', `sessions/${id}/trace`)).status, 404, 'not traced yet');
    t.equal((await call('POST', `sessions/${id}/trace`, { seconds: 0 })).status, 400);
    t.match(await (await call('POST', `sessions/${id}/trace`, { seconds: 60 })).json(), {
      done: true,
      trace: { session: id, running: true },
    });
    await client.query("SELECT 'a secret literal' AS a");
    await client.execute('SELECT ? AS b', ['a secret parameter']);
    await client.query('CREATE TABLE traced (v VARCHAR(40))');
    await client.query("INSERT INTO traced VALUES ('a secret row')");
    await client.query('SELECT v FROM traced');
    await client.query("CREATE USER traced IDENTIFIED BY 'a secret word'").catch(() => undefined);
    await other.query("SELECT 'of another session'");
    const text = await (await call('GET', `sessions/${id}/trace`)).text();
    t.match(text, /client {2}client #0 {2}COM_QUERY "SELECT \? AS a"/i);
    t.match(text, /client #0 {2}COM_STMT_PREPARE/);
    t.match(text, /client #0 {2}COM_STMT_EXECUTE statement \d+/);
    t.match(text, /db1\/\d+ {2}server #1 {2}ok, 1 rows/);
    t.match(text, /row, \d+ bytes/);
    t.match(text, /still running/);
    for (const secret of ['secret', 'another session']) t.notMatch(text, new RegExp(secret), `not "${secret}"`);
    t.match(await (await call('POST', `sessions/${id}/trace/stop`, {})).json(), { trace: { running: false } });
    const lines = async (): Promise<number> => (await (await call('GET', `sessions/${id}/trace`)).text()).split('\n').length;
    const before = await lines();
    await client.query('SELECT 42');
    t.equal(await lines(), before, 'nothing is added after its end');
    t.equal((await call('GET', `sessions/${id}/trace`, undefined, 'of-a-viewer')).status, 403);
  });

  await t.test('it ends by itself, by size', async (t) => {
    await call('POST', `sessions/${id}/trace`, { maxKib: 1 });
    for (let count = 0; count < 40; count++) await client.query('SELECT 1');
    const text = await (await call('GET', `sessions/${id}/trace`)).text();
    t.match(text, /# ended: 1024 bytes are written/);
    t.ok(text.length < 1_500);
    t.match(await (await call('GET', 'audit')).json(), { audit: [{ action: 'trace' }] });
  });

  await t.test('by the command line', async (t) => {
    const pointsman = (...args: string[]) => runCommand('node', [join(REPOSITORY, 'dist/main.js'), ...args, '--config', proxy.configPath]);
    const running = pointsman('trace', String(id), '--seconds', '4');
    await until('it runs', async () => /still running/.test(await (await call('GET', `sessions/${id}/trace`)).text()));
    await client.query('SELECT 7 AS seven');
    t.match(await running, /client #0 {2}COM_QUERY "SELECT \? AS seven"[\s\S]*# ended: (?:stopped by an operator|4 s are over)/i);
    t.match(await pointsman('log-level', 'warn', '--dry-run'), /would be warn \(it was info\)/);
  });

  await t.test('the log level', async (t) => {
    const debugLines = (): number => proxy.log().match(/"level":"debug"/g)?.length ?? 0;
    t.equal(debugLines(), 0);
    t.match(await (await call('POST', 'log/level', { level: 'debug' })).json(), { done: true, before: 'info', after: 'debug' });
    t.match(await (await call('GET', 'config/drift')).json(), { changes: [{ key: 'log.level', old: 'debug', new: 'info' }] });
    await until('somebody has something to say', async () => {
      await (await proxy.connect('split')).end();
      return debugLines() > 0;
    });
    t.equal((await call('POST', 'log/level', { level: 'loud' })).status, 400);
    t.match(await (await call('POST', 'config/reload', {})).json(), { applied: [{ key: 'log.level' }] });
  });

  for (const each of [client, other]) await each.end();
});
