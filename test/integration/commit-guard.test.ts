import type { Connection, ResultSetHeader } from 'mysql2/promise';
import t, { type Test } from 'tap';
import { type RunningPointsman, startPointsman } from '../proxy/start-pointsman.js';
import { WatchedWay } from '../proxy/watched-way.js';
import { FLAVORS, type Flavor, type ReplicationSet, type Server, serverUnavailable, startReplication, until } from '../servers/servers.js';

type Rows = readonly Record<string, unknown>[];

/** `OK`, or the error's number. */
async function told(running: Promise<unknown>): Promise<string> {
  return running.then(
    () => 'OK',
    (error: { errno?: number }) => String(error.errno),
  );
}

async function ask(client: Connection, sql: string): Promise<Rows> {
  return (await client.query(sql))[0] as Rows;
}

interface World {
  readonly set: ReplicationSet;
  readonly way: WatchedWay;
  readonly proxy: RunningPointsman;
}

async function open(t: Test, flavor: Flavor, cluster: Record<string, unknown> = {}): Promise<World> {
  const set = await startReplication({ flavor, replicas: 1 });
  t.teardown(() => set.stop());
  const { name, host, port } = set.primary;
  const way = await WatchedWay.open({ host, port });
  t.teardown(() => way.close());
  const others = set.servers.filter((server) => server.name !== name);
  const config = { clusters: { main: { transactions: { commitGuard: true }, hold: { timeout: '60s' }, ...cluster } } };
  await set.primary.sql('CREATE DATABASE pointsman');
  for (const what of ['CREATE, SELECT, DELETE ON pointsman.*']) await set.primary.sql(`GRANT ${what} TO pointsman@'%'`);
  const proxy = await startPointsman({ servers: [{ name, host: '127.0.0.1', port: way.port }, ...others], config });
  t.teardown(() => proxy.stop());
  // MariaDB shows a new table before its log has it: a GRANT that names it could come before it there, and break the replica.
  await until('the table is on all servers', async () => {
    const found = await Promise.all(
      set.servers.map((server) => server.sql("SELECT 1 AS n FROM information_schema.TABLES WHERE TABLE_NAME = 'commit_guard'")),
    );
    return found.every(({ length }) => length === 1);
  });
  await set.primary.sql("GRANT INSERT ON pointsman.commit_guard TO app@'%'");
  await set.primary.sql('CREATE TABLE test1.g (id INT PRIMARY KEY AUTO_INCREMENT, who VARCHAR(60) UNIQUE, n TINYINT) ENGINE=InnoDB');
  await set.caughtUp();
  return { set, way, proxy };
}

for (const flavor of FLAVORS) {
  const skip = (await serverUnavailable(flavor)) ?? false;
  t.test(`${flavor}: commitGuard, nothing lost`, { skip, timeout: 100_000 }, async (t) => {
    const { set, way, proxy } = await open(t, flavor);
    const client = await proxy.connect('split');
    const tokens = async (): Promise<number> =>
      Number((await set.primary.sql<{ n: number }>('SELECT COUNT(*) AS n FROM pointsman.commit_guard'))[0]?.n);

    await t.test('a write with autocommit answers as ever', async (t) => {
      const before = await tokens();
      const [insert] = await client.query<ResultSetHeader>("INSERT INTO g (who) VALUES ('a'), ('b')");
      t.match(insert, { affectedRows: 2, insertId: 1, warningStatus: 0 });
      t.equal(insert.serverStatus & 1, 0, 'no transaction is open for the client');
      t.match(await ask(client, 'SELECT ROW_COUNT()'), [{ 'ROW_COUNT()': 2 }]);
      t.match(await ask(client, 'SELECT LAST_INSERT_ID() AS id'), [{ id: 1 }]);
      const [update] = await client.execute<ResultSetHeader>('UPDATE g SET n = ? WHERE who = ?', [1, 'a']);
      t.match(update, { affectedRows: 1, changedRows: 1 });
      t.equal(await tokens(), before + 2);
      t.match(await set.primary.sql('SELECT who, n FROM test1.g ORDER BY id'), [
        { who: 'a', n: 1 },
        { who: 'b', n: null },
      ]);
      t.match(await ask(client, 'SELECT COUNT(*) AS n FROM g WHERE n = 1'), [{ n: 1 }], 'its own write is read');
    });

    await t.test('warnings and errors are those of the write', async (t) => {
      await client.query("SET SESSION sql_mode=''");
      const [wide] = await client.query<ResultSetHeader>("INSERT INTO g (who, n) VALUES ('c', 1000)");
      t.equal(wide.warningStatus, 1);
      t.match(await ask(client, 'SHOW WARNINGS'), [{ Level: 'Warning', Code: 1264, Message: /n/ }]);
      await t.rejects(client.query("INSERT INTO g (who) VALUES ('c')"), { errno: 1062 } as never);
      t.match(await ask(client, 'SHOW WARNINGS'), [{ Level: 'Error', Code: 1062, Message: /c/ }]);
      t.equal(await told(client.query('INSERT INTO nowhere VALUES (1)')), '1146');
      await client.query("INSERT INTO g (who) VALUES ('d')");
      t.match(await set.primary.sql("SELECT COUNT(*) AS n FROM test1.g WHERE who IN ('c', 'd')"), [{ n: 2 }]);
      t.match(await set.primary.sql('SELECT COUNT(*) AS n FROM information_schema.INNODB_TRX'), [{ n: 0 }], 'nothing is left open');
    });

    await t.test('transactions take one token each, and those that write nothing none', async (t) => {
      const before = await tokens();
      await client.query('BEGIN');
      await client.query("INSERT INTO g (who) VALUES ('e')");
      await client.query("INSERT INTO g (who) VALUES ('f')");
      await client.query('COMMIT');
      t.equal(await tokens(), before + 1);
      await client.query('BEGIN');
      await ask(client, 'SELECT COUNT(*) FROM g FOR UPDATE');
      await client.query('COMMIT');
      await client.query('START TRANSACTION READ ONLY');
      await ask(client, 'SELECT COUNT(*) FROM g');
      await client.query('COMMIT');
      t.equal(await tokens(), before + 1);
      await client.query('SET autocommit=0');
      await client.query("INSERT INTO g (who) VALUES ('h')");
      await client.query('ROLLBACK');
      await client.query("INSERT INTO g (who) VALUES ('i')");
      await client.query('COMMIT');
      await client.query('SET autocommit=1');
      t.equal(await tokens(), before + 2);
      t.match(await set.primary.sql("SELECT GROUP_CONCAT(who ORDER BY who) AS all_of FROM test1.g WHERE who IN ('e','f','h','i')"), [
        { all_of: 'e,f,i' },
      ]);
    });

    await t.test('what our transaction would take from the client is left alone', async (t) => {
      const before = await tokens();
      await client.query('LOCK TABLES g WRITE');
      await client.query("INSERT INTO g (who) VALUES ('locked')");
      const other = await proxy.connect('primary');
      await other.query('SET SESSION lock_wait_timeout=1');
      t.equal(await told(other.query('SELECT COUNT(*) FROM g')), '1205', 'the table is locked still');
      await client.query('UNLOCK TABLES');
      // Refused, it stays the next transaction's.
      await other.query('SET TRANSACTION READ ONLY');
      t.equal(await told(other.query("INSERT INTO g (who) VALUES ('read only')")), '1792');
      t.equal(await tokens(), before, 'they go out as they are');
      await other.end();
    });

    await t.test('an account without the right is not kept from writing', async (t) => {
      await set.primary.sql("REVOKE INSERT ON pointsman.commit_guard FROM app@'%'");
      const other = await proxy.connect('primary');
      const before = await tokens();
      t.equal(await told(other.query("INSERT INTO g (who) VALUES ('unguarded')")), 'OK');
      t.equal(await tokens(), before);
      await until('the log says so', () => /commitGuard: the token could not be written/.test(proxy.log()));
      t.match(proxy.log(), /commitGuard: the token could not be written/);
      await set.primary.sql("GRANT INSERT ON pointsman.commit_guard TO app@'%'");
      const metrics = await (await fetch(`${proxy.adminUrl}/metrics`)).text();
      t.match(metrics, /pointsman_commit_guards_total\{result="unguarded"\} 1/);
      await other.end();
    });

    await t.test('the primary freezes with a COMMIT in its socket, and another one takes over', async (t) => {
      const [old, next] = set.servers as [Server, Server];
      await client.query('BEGIN');
      await client.query("INSERT INTO g (who) VALUES ('late')");
      await set.caughtUp();
      way.arm({ words: 'COMMIT', when: 'waits', meanwhile: async () => old.freeze() });
      const answer = told(client.query('COMMIT'));
      await until('COMMIT is on its way', () => way.cuts === 1);
      await set.promote(next);
      t.equal(await answer, '1213');
      const there = async () => (await next.sql("SELECT id FROM test1.g WHERE who = 'late'")).length;
      t.equal(await there(), 0);
      old.thaw();
      t.equal(await told(client.query("INSERT INTO g (who) VALUES ('after it')")), 'OK', 'the session goes on');
      t.equal(await there(), 0, 'whatever the old one does with it');
      const { failovers } = (await (await fetch(`${proxy.adminUrl}/api/v1/failovers`)).json()) as { failovers: unknown };
      t.match(JSON.stringify(failovers), /"guard-aborted":1/, 'the report has it');
    });
    await client.end();
  });

  t.test(`${flavor}: commitGuard decides what a cut connection leaves open`, { skip, timeout: 100_000 }, async (t) => {
    const { set, way, proxy } = await open(t, flavor);
    let serial = 0;
    /** Runs a write while its connection is cut at some words; gives what the client was told, and how often the row is there. */
    const cutAt = async (
      words: string,
      when: 'before' | 'after',
      way_: 'alone' | 'transaction' | 'prepared',
    ): Promise<[string, number]> => {
      serial += 1;
      const who = `row ${serial}`;
      const client = await proxy.connect('primary');
      await client.query('SELECT 1');
      const insert = `INSERT INTO g (who) VALUES ('${who}')`;
      if (way_ === 'transaction') {
        await client.query('BEGIN');
        await client.query(insert);
      }
      const { cuts } = way;
      way.arm({ words, when });
      const answer = await told(
        way_ === 'transaction'
          ? client.query('COMMIT')
          : way_ === 'prepared'
            ? client.execute('INSERT INTO g (who) VALUES (?)', [who])
            : client.query(insert),
      );
      t.equal(way.cuts, cuts + 1, `${words} ${when} ${way_}: the cut has happened`);
      t.equal(await told(client.query('SELECT 1')), 'OK', 'the session goes on');
      await client.end();
      const [row] = await set.primary.sql<{ n: number }>(`SELECT COUNT(*) AS n FROM test1.g WHERE who = '${who}'`);
      return [answer, Number(row?.n)];
    };
    const committed = ['OK', 1];
    const rolledBack = ['1213', 0];
    t.same(await cutAt('START TRANSACTION', 'before', 'alone'), committed, 'not sent: held, then run');
    t.same(await cutAt('pointsman.commit_guard', 'before', 'alone'), committed);
    t.same(await cutAt('pointsman.commit_guard', 'after', 'alone'), committed);
    t.same(await cutAt('INSERT INTO g', 'before', 'alone'), rolledBack);
    t.same(await cutAt('INSERT INTO g', 'after', 'alone'), rolledBack);
    t.same(await cutAt('COMMIT AND', 'before', 'alone'), rolledBack);
    t.same(await cutAt('COMMIT AND', 'after', 'alone'), committed);
    t.same(await cutAt('COMMIT AND', 'before', 'prepared'), rolledBack);
    t.same(await cutAt('COMMIT AND', 'after', 'prepared'), committed);
    t.same(await cutAt('COMMIT', 'before', 'transaction'), rolledBack);
    t.same(await cutAt('COMMIT', 'after', 'transaction'), committed);
    const metrics = await (await fetch(`${proxy.adminUrl}/metrics`)).text();
    t.match(metrics, /pointsman_session_outcomes_total\{outcome="guard-committed"\} 3/);
    t.match(metrics, /pointsman_session_outcomes_total\{outcome="guard-aborted"\} 5/);
    t.match(metrics, /pointsman_session_outcomes_total\{outcome="unknown"\} 0/);

    await t.test('committed and replicated, and the primary is killed before anybody hears of it', async (t) => {
      const [old, next] = set.servers as [Server, Server];
      const client = await proxy.connect('primary');
      await client.query('SELECT 1');
      const { cuts } = way;
      const dies = async (): Promise<void> => {
        await set.caughtUp();
        await old.kill9();
      };
      way.arm({ words: 'COMMIT AND', when: 'after', meanwhile: dies });
      const answer = client.query<ResultSetHeader>("INSERT INTO g (who) VALUES ('kept')");
      await until('it is dead', () => way.cuts > cuts && !old.running);
      await set.promote(next);
      const [{ insertId, affectedRows }] = await answer;
      t.match(await next.sql("SELECT id FROM test1.g WHERE who = 'kept'"), [{ id: insertId }]);
      t.equal(affectedRows, 1);
      t.match(await ask(client, 'SELECT LAST_INSERT_ID() AS id'), [{ id: insertId }]);
      await client.end();
    });
  });
}
