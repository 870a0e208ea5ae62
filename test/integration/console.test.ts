import { createConnection, type RowDataPacket } from 'mysql2/promise';
import t from 'tap';
import { startPointsman } from '../proxy/start-pointsman.js';
import { runCommand } from '../servers/run-command.js';
import { reservePorts, serverUnavailable, startReplication, until } from '../servers/servers.js';

const PASSWORD = 'of-the-console';
/** What a driver rejects with. */
const errno = (number: number, message: RegExp = /./) => ({ errno: number, message }) as unknown as Error;
const reason = await serverUnavailable('mariadb');

t.test('the SQL console, from any client', { skip: reason ?? false }, async (t) => {
  const [reserved] = await reservePorts(1);
  const port = reserved?.port ?? 0;
  const set = await startReplication({ flavor: 'mariadb', replicas: 1 });
  t.teardown(() => set.stop());
  const proxy = await startPointsman({
    servers: set,
    workers: 2,
    config: {
      console: { address: `127.0.0.1:${port}`, users: [{ name: 'admin', password: PASSWORD }] },
      rules: [{ name: 'reports', match: { pattern: 'FROM big' }, action: { deny: 'no' } }],
    },
  });
  t.teardown(() => proxy.stop());
  const open = (user = 'admin', password = PASSWORD) => createConnection({ host: '127.0.0.1', port, user, password, database: 'main' });
  const console = await open();
  t.teardown(() => console.destroy());
  const ask = async (sql: string): Promise<RowDataPacket[]> => (await console.query<RowDataPacket[]>(sql))[0];

  await t.test('only its own accounts come in', async (t) => {
    await t.rejects(open('admin', 'wrong'), errno(1045));
    await t.rejects(open('app', 'app'), errno(1045), "an application's account is nobody here");
    await t.rejects(createConnection({ host: '127.0.0.1', port: proxy.ports.split, user: 'admin', password: PASSWORD }), errno(1045));
  });

  await t.test('the command line client works as with a server', async (t) => {
    const shell = (...sql: string[]): Promise<string> =>
      runCommand('mariadb', ['-h127.0.0.1', `-P${port}`, '-uadmin', `-p${PASSWORD}`, '--skip-ssl', '--table', '-e', sql.join(';')]);
    t.match(await shell('SHOW BACKENDS'), /\| main +\| db1 .*\| online .*\| primary/);
    t.match(await shell('SHOW HELP', 'SHOW VERSION'), /EXPLAIN ROUTE statement/);
    t.match(
      await shell('SELECT hostname, status FROM runtime_mysql_servers WHERE hostgroup_id = 1 ORDER BY port LIMIT 5'),
      /127\.0\.0\.1 +\| ONLINE/,
    );
  });

  const client = await proxy.connect('split');
  t.teardown(() => client.destroy());
  client.on('error', () => undefined);
  for (let i = 0; i < 20; i += 1) await client.query('SELECT 1 + ?', [i]);
  await t.rejects(client.query('SELECT * FROM big'), errno(9505));

  await t.test('every SHOW has its columns, and SELECT filters', async (t) => {
    for (const name of [
      'STATUS',
      'CLUSTERS',
      'BACKENDS',
      'SESSIONS',
      'POOLS',
      'DIGESTS',
      'RULES',
      'FAILOVERS',
      'CONFIG',
      'METRICS',
      'VERSION',
      'PROCESSLIST',
    ]) {
      const [rows, fields] = await console.query<RowDataPacket[]>(`SHOW ${name}`);
      t.ok(fields.length > 0 && (rows.length > 0 || name === 'FAILOVERS'), name);
    }
    t.match(await ask('SHOW SESSIONS'), [{ user: 'app', route: 'split', cluster: 'main' }]);
    const hit = await until('the hits of the worker are counted', async () => {
      const rows = await ask('SELECT rule, hits FROM rules WHERE hits > 0');
      return rows.length > 0 && rows;
    });
    t.match(hit, [{ rule: 'reports', hits: 1 }]);
    t.match(await ask("SELECT value FROM config WHERE `key` = 'console.users[0].password'"), [{ value: /\*/ }], 'secrets are masked');
    t.equal(JSON.stringify(await ask('SELECT * FROM config')).includes(PASSWORD), false);
    const [digest] = await until('its statements are counted', async () => {
      const rows = await ask(
        "SELECT digest, count_star, digest_text FROM stats_mysql_query_digest WHERE digest_text LIKE 'select ? + ?' ORDER BY count_star DESC LIMIT 1",
      );
      return rows.length > 0 && rows;
    });
    t.match(digest, { digest: /^0x[0-9A-F]{16}$/ });
    t.match(await ask('SELECT COUNT(*) AS n FROM backends'), [{ n: 2 }]);
    t.match(await ask("SHOW STATUS LIKE 'clients.%'"), [{}, {}, {}]);
    for (const table of [
      'stats_mysql_connection_pool',
      'stats_mysql_global',
      'stats_mysql_processlist',
      'stats_mysql_query_rules',
      'runtime_mysql_servers',
    ]) {
      t.ok((await ask(`SELECT * FROM ${table}`)).length > 0, table);
    }
    t.match(await ask('EXPLAIN ROUTE SELECT * FROM big'), [{ about: 'sql', value: 'SELECT * FROM big' }]);
    t.match(
      (await ask('EXPLAIN ROUTE SELECT 1 FROM t')).find(({ about }) => about === 'route'),
      { value: /replica|split/ },
    );
  });

  await t.test('KILL ends a session', async (t) => {
    const [session] = await ask("SELECT id FROM sessions WHERE user = 'app'");
    await console.query(`KILL ${session?.['id']}`);
    await until('the client is gone', () =>
      client.query('SELECT 1').then(
        () => false,
        () => true,
      ),
    );
    await t.rejects(console.query('KILL 77'), errno(1094));
    const audit = (await (await fetch(`${proxy.adminUrl}/api/v1/audit`)).json()) as { audit: { action: string; actor: string }[] };
    t.match(audit.audit, [
      { action: 'kill', actor: 'admin', result: 'refused' },
      { action: 'kill', actor: 'admin', result: 'done' },
    ]);
  });

  await t.test('PAUSE holds what is new, what is open ends; RESUME lets it go on', async (t) => {
    const boss = await proxy.connect('primary', { account: 'admin' });
    await boss.query('CREATE TABLE paused (n INT)');
    await boss.end();
    const open = await proxy.connect('split');
    await open.query('BEGIN');
    await open.query('INSERT INTO paused VALUES (1)');
    const writer = await proxy.connect('primary');
    const reader = await proxy.connect('replica');
    t.match(await ask('PAUSE DRY RUN'), [{}, {}, { about: 'paused', value: '1' }, {}]);
    t.match(await ask('SELECT paused FROM clusters'), [{ paused: 'no' }]);
    await console.query('PAUSE main');
    t.match(await ask('SELECT paused FROM clusters'), [{ paused: /^by admin since 20/ }]);
    await open.query('INSERT INTO paused VALUES (2)');
    await open.query('COMMIT');
    const held = [writer.query('INSERT INTO paused VALUES (3)'), reader.query('SELECT 1'), open.query('INSERT INTO paused VALUES (4)')];
    const late = proxy.connect('split');
    const waiting = async (): Promise<number> =>
      ((await (await fetch(`${proxy.adminUrl}/api/v1/status`)).json()) as { heldStatements: number }).heldStatements;
    await until('the statements are held', async () => (await waiting()) >= 3);
    t.match(await set.primary.sql('SELECT COUNT(*) AS n FROM test1.paused'), [{ n: 2 }], 'nothing new reached the server');
    t.match((await (await fetch(`${proxy.adminUrl}/api/v1/config/drift`)).json()) as object, {
      runtime: [{ key: 'clusters.main', value: 'paused', reason: 'by admin' }],
    });
    await console.query('RESUME main');
    await Promise.all(held);
    await (await late).end();
    t.match(await set.primary.sql('SELECT COUNT(*) AS n FROM test1.paused'), [{ n: 4 }]);
    await t.rejects(console.query('PAUSE nowhere'), errno(1094, /there is no cluster "nowhere"/));
    for (const each of [open, writer, reader]) await each.end();
  });

  await t.test('RELOAD', async (t) => {
    t.match(await ask('RELOAD DRY RUN'), [{ about: 'dryRun', value: '1' }]);
    const done = await ask('RELOAD');
    t.match(done.find(({ about }) => about === 'applied')?.['value'], /^(\[\])?$/, 'nothing has changed');
  });

  await t.test('what it does not know is said, and nothing else is disturbed', async (t) => {
    await t.rejects(console.query('DROP TABLE x'), errno(1064, /HELP/));
    await t.rejects(console.query('SELECT * FROM nowhere'), errno(1146, /there are status, clusters/));
    await t.rejects(console.query('SHOW NONSENSE'), errno(1146));
    await t.rejects(console.query(''), /empty/);
    await t.rejects(console.execute('SELECT * FROM backends WHERE weight = ?', [1]), errno(1295));
    await t.rejects(console.query(`SELECT ${'x'.repeat(200_000)}`), 'a statement of more than 64 KiB');
    const again = await createConnection({ host: '127.0.0.1', port, user: 'admin', password: PASSWORD, compress: true });
    t.match(await again.query('SELECT @@version_comment LIMIT 1'), [[{ '@@version_comment': /console/ }]]);
    const several = await Promise.all(Array.from({ length: 30 }, () => again.query<RowDataPacket[]>('SHOW CLUSTERS')));
    t.ok(
      several.every(([rows]) => rows[0]?.['primary'] === 'db1'),
      'one after the other on one connection',
    );
    again.destroy();
  });
});
