/** The network resets a session's server connection while it rests, and its client sends the next command before the proxy's event loop has turned. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { RowDataPacket } from 'mysql2';
import mysql from 'mysql2/promise';
import t from 'tap';
import { CuttableWay } from '../oracle/cuttable-way.js';
import { startPointsman } from '../proxy/start-pointsman.js';
import { serverUnavailable, startReplication } from '../servers/servers.js';

const USER = 'lane00a';
const PASSWORD = 'a-password';
const ROUNDS = 12;

const reason = await serverUnavailable('mariadb');
t.test('mariadb', { skip: reason ?? false, timeout: 120_000 }, async (t) => {
  const set = await startReplication({ flavor: 'mariadb', replicas: 0 });
  t.teardown(() => set.stop());
  const { primary } = set;
  await primary.sql(`CREATE USER ${USER}@'%' IDENTIFIED BY '${PASSWORD}'`);
  await primary.sql(`GRANT ALL ON test1.* TO ${USER}@'%'`);
  await primary.sql('CREATE TABLE test1.kept (id INT PRIMARY KEY)');
  const way = await CuttableWay.open({ host: primary.host, port: primary.port });
  t.teardown(() => way.close());
  const proxy = await startPointsman({
    servers: [{ name: primary.name, host: '127.0.0.1', port: way.port }],
    config: { users: [{ name: USER, password: PASSWORD }] },
  });
  t.teardown(() => proxy.stop());
  const client = await mysql.createConnection({
    host: '127.0.0.1',
    port: proxy.ports.split,
    user: USER,
    password: PASSWORD,
    database: 'test1',
  });
  client.on('error', () => undefined);
  const send: Record<string, (id: number) => Promise<unknown>> = {
    text: (id) => client.query(`INSERT INTO kept VALUES (${id})`),
    prepared: (id) => client.execute('INSERT INTO kept VALUES (?)', [id]),
    ping: async (id) => {
      await client.ping();
      await client.query(`INSERT INTO kept VALUES (${id})`);
    },
  };
  await client.execute('INSERT INTO kept VALUES (?)', [0]);
  for (let round = 1; round <= ROUNDS; round += 1) {
    const [how = '', sent] = Object.entries(send)[round % 3] ?? [];
    process.kill(proxy.pid, 'SIGSTOP');
    t.ok((await way.cut(USER)) > 0);
    await sleep(20);
    const answered = sent?.(round).then(
      () => 'OK',
      (error: Error) => error.message,
    );
    await sleep(20);
    process.kill(proxy.pid, 'SIGCONT');
    t.equal(await answered, 'OK', `${how}, round ${round}`);
  }
  const [rows] = await client.query<RowDataPacket[]>('SELECT COUNT(*) AS n FROM kept');
  t.equal(rows[0]?.['n'], ROUNDS + 1, 'each once');
  await client.end();
});
