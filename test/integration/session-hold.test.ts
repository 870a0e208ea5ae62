import t from 'tap';
import { until } from '../servers/replication.js';
import type { Server } from '../servers/server.js';
import { errno, sleep, World } from './session-world.js';

t.test('a single server: held, expired, full, and back', { timeout: 120_000 }, async (t) => {
  const world = await World.start('mariadb', { replicas: 0, cluster: { hold: { timeout: '3s', maxStatements: 2 } } });
  t.teardown(() => world.stop());
  const clients = await Promise.all([world.client(), world.client(), world.client(), world.client()]);
  const [a, b, c, d] = clients as [(typeof clients)[0], (typeof clients)[0], (typeof clients)[0], (typeof clients)[0]];
  await a.query('CREATE TABLE h (n INT)');
  await world.primary.kill9();
  await until(
    'its death is known',
    async () => ((await world.proxy.get('/api/v1/status')) as { clusters: { primary: string | null }[] }).clusters[0]?.primary === null,
  );
  const startedMs = Date.now();
  const held = [a.query('INSERT INTO h VALUES (1)'), b.query('INSERT INTO h VALUES (2)')];
  await until('two are held', async () => ((await world.proxy.get('/api/v1/status')) as { heldStatements: number }).heldStatements === 2);
  const full = await c.query('SELECT 1');
  t.equal(errno(full), 9503, 'the hold has room for two');
  t.match(full, { message: /hold is full.*db1 is down/ });
  for (const expired of await Promise.all(held)) {
    t.equal(errno(expired), 9503);
    t.match(expired, { message: /No server available .* db1 is down .*not executed/ }, 'the error names the server, its state and why');
  }
  t.ok(Date.now() - startedMs > 2500, 'not before its time');
  t.equal(errno(await d.query('DO 1')), 9503, 'no new login is needed to be told');
  const login = world.client();
  const late = a.query('INSERT INTO h VALUES (3)');
  await sleep(200);
  await world.primary.start();
  t.equal(errno(await late), 0, 'works as soon as a server is there');
  const fresh = await login;
  t.equal(Number(await fresh.value('SELECT SUM(n) FROM h')), 3, 'what was answered 9503 did not run');
  t.notOk(clients.some(({ cut }) => cut));
  for (const client of [...clients, fresh]) await client.connection.end();
});

t.test('the query of death does not tour the cluster', { timeout: 120_000 }, async (t) => {
  const world = await World.start('mariadb', { replicas: 2, mode: 'promote' });
  t.teardown(() => world.stop());
  const [killer, other] = [await world.client(), await world.client()];
  await other.query('CREATE TABLE q (n INT)');
  await world.set.caughtUp();
  const deadly = "SELECT SLEEP(60), 'deadly'";
  const running = killer.query(deadly);
  await sleep(400);
  const [first, ...rest] = world.set.servers;
  await first?.kill9();
  const second = await until('it runs on the new primary', async () => {
    for (const server of rest) {
      const list = await server.sql<{ n: number }>(
        "SELECT COUNT(*) n FROM information_schema.PROCESSLIST WHERE INFO LIKE '%deadly%' AND INFO NOT LIKE '%COUNT%'",
      );
      if (Number(list[0]?.n) > 0) return server;
    }
    return undefined;
  });
  // The witness of the second death: a replica that has followed the new primary.
  const third = rest.find((server) => server !== second) as Server;
  await until('the third follows the second', async () => {
    const [status] = await third.sql<{ Master_Port: number; Slave_IO_Running: string }>('SHOW SLAVE STATUS');
    return Number(status?.Master_Port) === second.port && status?.Slave_IO_Running === 'Yes';
  });
  await sleep(1500);
  await second.kill9();
  t.equal(errno(await running), 9507, 'run once more, not twice');
  // With several workers the news of the quarantine takes a moment to reach all of them.
  const again = await until('its digest is quarantined', async () => {
    const result = await killer.query("SELECT SLEEP(0), 'deadly too'");
    return errno(result) === 9505 ? result : undefined;
  });
  t.match(again, { message: /quarantined/ });
  t.equal(errno(await other.query('INSERT INTO q VALUES (1)')), 0, 'everybody else goes on');
  for (const { connection } of [killer, other]) await connection.end();
});

t.test('workers: one that crashes costs only its own sessions', { timeout: 120_000 }, async (t) => {
  const world = await World.start('mysql', { replicas: 1, mode: 'promote', config: { process: { workers: 2 } } });
  t.teardown(() => world.stop());
  type Status = { workers: { pid: number; restarts: number; state: string; clients: number }[] };
  const status = async (): Promise<Status> => (await world.proxy.get('/api/v1/status')) as Status;
  const clients = await Promise.all(Array.from({ length: 12 }, () => world.client()));
  await until('the workers have reported', async () => (await status()).workers.reduce((sum, { clients: n }) => sum + n, 0) === 12);
  const [victim, survivor] = (await status()).workers as [Status['workers'][0], Status['workers'][0]];
  t.ok(victim.clients > 0 && survivor.clients > 0, `both workers serve: ${victim.clients} and ${survivor.clients}`);
  process.kill(victim.pid, 'SIGKILL');
  await until('the victim is started again', async () =>
    (await status()).workers.some(({ restarts, state }) => restarts === 1 && state === 'running'),
  );
  t.equal(clients.filter(({ cut }) => cut).length, victim.clients, 'its sessions are cut, the others are not');
  for (const client of clients) if (!client.cut) t.equal(await client.value('SELECT 1'), 1);

  const [writer] = clients.filter(({ cut }) => !cut);
  await writer?.query('CREATE TABLE wk (n INT)');
  await world.set.caughtUp();
  await world.primary.kill9();
  await until(
    'writes go on at the promoted replica, through the workers',
    async () => errno((await writer?.query('INSERT INTO wk VALUES (1)')) as never) === 0,
  );
  const fresh = await world.client();
  t.equal(Number(await fresh.value('SELECT COUNT(*) FROM wk')) >= 1, true);
  await fresh.connection.end();
  for (const client of clients) if (!client.cut) await client.connection.end();
});

t.test('workers whose supervisor is gone drain and exit', { timeout: 120_000 }, async (t) => {
  const config = { process: { workers: 2 }, drain: { acceptFor: '0s', timeout: '20s' } };
  const world = await World.start('mariadb', { replicas: 0, config });
  t.teardown(() => world.stop());
  const { workers } = (await world.proxy.get('/api/v1/status')) as { workers: { pid: number }[] };
  const [busy, idle] = [await world.client(), await world.client()];
  await busy.query('CREATE TABLE orphan (n INT)');
  await busy.query('START TRANSACTION');
  await busy.query('INSERT INTO orphan VALUES (1)');
  process.kill(world.proxy.pid, 'SIGKILL');
  await until('the idle client is sent away', () => idle.cut);
  t.equal(errno(await busy.query('COMMIT')), 0, 'an open transaction is finished');
  const alive = (pid: number): boolean => {
    try {
      return process.kill(pid, 0);
    } catch {
      return false;
    }
  };
  await until('the workers are gone', () => !workers.some(({ pid }) => alive(pid)));
  t.equal(await world.primary.value('SELECT COUNT(*) FROM test1.orphan'), '1');
});

t.test('SIGTERM: readiness goes, transactions finish, idle clients are told, exit 0', { timeout: 120_000 }, async (t) => {
  for (const workers of [1, 2]) {
    const world = await World.start('mariadb', {
      replicas: 0,
      config: { drain: { acceptFor: '1s', timeout: '15s' }, process: { workers } },
    });
    const [idle, busy] = [await world.client(), await world.client()];
    await busy.query('CREATE TABLE dr (n INT)');
    await busy.query('START TRANSACTION');
    await busy.query('INSERT INTO dr VALUES (1)');
    const ended = world.proxy.stop();
    await until('not ready', async () => (await fetch(`${world.proxy.adminUrl}/readyz`)).status === 503);
    const late = await world.client();
    t.equal(await late.value('SELECT 1'), 1, 'new clients are still let in for a while');
    await until('idle clients are sent away', () => idle.cut && late.cut);
    t.equal(errno(await busy.query('INSERT INTO dr VALUES (2)')), 0, 'an open transaction goes on');
    t.equal(errno(await busy.query('COMMIT')), 0, 'and ends');
    t.equal(await ended, 0, `exit code with ${workers} worker(s)`);
    t.equal(await world.primary.value('SELECT COUNT(*) FROM test1.dr'), '2');
    await world.set.stop();
  }
});
