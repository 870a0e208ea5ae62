import t from 'tap';
import { FLAVORS } from '../servers/flavor.js';
import { until } from '../servers/replication.js';
import { type Client, errno, type Outcome, sleep, World } from './session-world.js';

/** Statements of one transaction; what its client sees of them must be the same whether or not its server dies on the way. */
interface Script {
  readonly statements: readonly ((client: Client) => Promise<Outcome>)[];
  /** What is in the table at the end. */
  readonly rows: readonly string[];
  /** The error numbers of its statements, where there are any. */
  readonly errors?: Readonly<Record<number, number>>;
}

const sql = (text: string) => (client: Client) => client.query(text);
const execute = (text: string, values: (string | number | null)[]) => (client: Client) => client.execute(text, values);

function scripts(name: string): Record<string, Script> {
  const insert = `INSERT INTO r (who, v) VALUES ('${name}', ?)`;
  return {
    text: {
      statements: [
        sql('BEGIN'),
        sql(`INSERT INTO r (who, v) VALUES ('${name}', 1)`),
        sql(`INSERT INTO r (who, v) VALUES ('${name}', 2), ('${name}', 3)`),
        sql(`INSERT INTO child (parent) VALUES (LAST_INSERT_ID())`),
        sql(`UPDATE r SET v = v + 10 WHERE who = '${name}'`),
        sql(`SELECT id, v FROM r WHERE who = '${name}' ORDER BY id`),
        sql('COMMIT'),
      ],
      rows: ['11', '12', '13'],
    },
    prepared: {
      statements: [
        sql('START TRANSACTION'),
        execute(insert, [1]),
        execute('SELECT v FROM r WHERE who = ? ORDER BY id', [name]),
        execute(insert, [2]),
        execute('UPDATE r SET v = v * ? WHERE who = ?', [5, name]),
        sql('COMMIT'),
      ],
      rows: ['5', '10'],
    },
    savepoints: {
      statements: [
        sql("SET @k = 7; SET time_zone = '+03:00'"),
        sql('BEGIN'),
        sql(`INSERT INTO r (who, v) VALUES ('${name}', @k)`),
        sql('SAVEPOINT one'),
        sql(`INSERT INTO r (who, v) VALUES ('${name}', 99)`),
        sql('SET @k = 8'),
        sql('ROLLBACK TO SAVEPOINT one'),
        sql(`SELECT v + 1 FROM r WHERE who = '${name}' INTO @n`),
        sql(`INSERT INTO r (who, v) VALUES ('${name}', @k), ('${name}', @n)`),
        sql('RELEASE SAVEPOINT one'),
        sql('COMMIT'),
      ],
      rows: ['7', '8', '8'],
    },
    errors: {
      statements: [
        sql('SET autocommit=0'),
        sql(`INSERT INTO r (id, who, v) VALUES (NULL, '${name}', 1)`),
        sql(`INSERT INTO keyed VALUES (1, '${name}')`),
        sql('SELECT nothing FROM nowhere'),
        sql(`UPDATE r SET v = 2 WHERE who = '${name}'; SELECT v FROM r WHERE who = '${name}'`),
        sql('COMMIT'),
      ],
      rows: ['2'],
      errors: { 2: 1062, 3: 1146 },
    },
  };
}

/** So that they do not wait for each other's gaps. */
async function patient(client: Client): Promise<Client> {
  await client.query('SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED');
  await client.query('SET SESSION innodb_lock_wait_timeout=20');
  return client;
}

/** DESIGN 8, "Replay", with a real primary killed at each point of a transaction at once: one session for each point. */
for (const flavor of FLAVORS) {
  t.test(`${flavor}: open transactions survive their server`, { timeout: 200_000 }, async (t) => {
    const world = await World.start(flavor, { mode: 'promote', cluster: { transactions: { memoryPerSession: '64KiB' } } });
    t.teardown(() => world.stop());
    const setup = await world.client();
    await setup.query('CREATE TABLE r (id INT PRIMARY KEY AUTO_INCREMENT, who VARCHAR(40), v BIGINT, INDEX (who)) ENGINE=InnoDB');
    await setup.query('CREATE TABLE child (id INT PRIMARY KEY AUTO_INCREMENT, parent INT) ENGINE=InnoDB');
    await setup.query("CREATE TABLE keyed (id INT PRIMARY KEY, v VARCHAR(40)) ENGINE=InnoDB; INSERT INTO keyed VALUES (1, 'x'), (2, 'x')");
    await setup.query('CREATE TABLE blobs (id INT PRIMARY KEY, v LONGTEXT) ENGINE=InnoDB');

    const runs: { name: string; kind: string; script: Script; client: Client; at: number; seen: Outcome[] }[] = [];
    for (const kind of Object.keys(scripts(''))) {
      const { length } = (scripts('')[kind] as Script).statements;
      for (let at = 0; at < length; at++) {
        const name = `${kind}-${at}`;
        runs.push({ name, kind, script: scripts(name)[kind] as Script, client: await patient(await world.client('split')), at, seen: [] });
      }
    }
    const lost = new Map<string, Client>();
    const open = async (name: string, ...statements: string[]) => {
      const client = await patient(await world.client());
      lost.set(name, client);
      for (const each of ['BEGIN', `INSERT INTO r (who, v) VALUES ('${name}', 1)`, ...statements]) {
        const outcome = await client.query(each);
        t.equal(errno(outcome), 0, `${name}: ${each}`);
      }
    };
    await open('differs', 'SELECT UUID(), CONNECTION_ID()');
    await open('memory', `INSERT INTO blobs VALUES (1, '${'x'.repeat(70_000)}')`);
    await open('lock', "SELECT GET_LOCK('replay', 0)");
    await open('temporary', 'CREATE TEMPORARY TABLE gone (a INT)');
    await open('commit');
    await open('waiting', `UPDATE keyed SET v = 'waiting' WHERE id = 2`);
    await open('waits');
    await open('sleeps');
    await open('reads', "SELECT REPEAT('y', 100000)");
    for (const run of runs)
      for (let i = 0; i < run.at; i++) run.seen.push(await (run.script.statements[i] as (c: Client) => Promise<Outcome>)(run.client));
    await world.set.caughtUp();

    const waits = (lost.get('waits') as Client).query("UPDATE keyed SET v = 'waits' WHERE id = 2");
    const sleeps = (lost.get('sleeps') as Client).query('SELECT SLEEP(3), v FROM keyed');
    await sleep(300);
    const dead = world.primary;
    const atWork = async () =>
      Number(
        /^pointsman_client_connections\{state="active"\} (\d+)/m.exec(await (await fetch(`${world.proxy.adminUrl}/metrics`)).text())?.[1],
      );
    const before = await atWork();
    dead.freeze();
    const commit = (lost.get('commit') as Client).query('COMMIT');
    // On a busy machine that takes a moment; one that comes after the death is repeated with its transaction.
    await until('the COMMIT was sent', async () => (await atWork()) > before);
    await dead.kill9();
    // A COMMIT that meets the dead socket is one that was sent.
    await sleep(500);

    // All are replayed before any goes on: new inserts could be given ids that others have had, and these would get 1213 then.
    const begun = runs.filter(({ kind, at }) => at > (kind === 'savepoints' ? 1 : 0)).map(({ client }) => client);
    await Promise.all([...begun, lost.get('reads') as Client].map((client) => client.query('DO 0')));
    t.match(await commit, { errno: 9501, sqlState: '08007', message: /COMMIT .*\(commit-sent\)/ });
    for (const [name, why] of [
      ['differs', /the answer to statement 3 of 3/],
      ['memory', /before COMMIT/],
      ['lock', /before COMMIT/],
      ['temporary', /before COMMIT/],
    ] as const) {
      const outcome = await (lost.get(name) as Client).query('SELECT 1');
      t.match(outcome, { errno: 1213, sqlState: '40001', message: why }, name);
    }
    const finished = Promise.all(
      runs.map(async (run) => {
        for (const each of run.script.statements.slice(run.at)) run.seen.push(await each(run.client));
      }),
    );
    await finished;
    const after = await world.client();
    for (const { name, script, seen, client, at } of runs) {
      for (const [index, outcome] of seen.entries())
        t.equal(errno(outcome), script.errors?.[index] ?? 0, `${name}: statement ${index} ${'message' in outcome ? outcome.message : ''}`);
      const found = (await after.query(`SELECT v FROM r WHERE who = '${name}' ORDER BY id`)) as { rows: { v: number }[] };
      t.same(
        found.rows.map(({ v }) => String(v)),
        script.rows,
        `${name} is there, once`,
      );
      t.notOk(client.cut, `${name} (${at}) kept its connection`);
    }
    t.equal(errno(await sleeps), 0, 'a read in its middle is run again');
    t.equal(errno(await waits), 0, 'a write in its middle is run again');
    await (lost.get('waits') as Client).query('COMMIT');
    t.equal(errno(await (lost.get('reads') as Client).query('COMMIT')), 0);
    const ids = (await after.query('SELECT parent, (SELECT v FROM r WHERE r.id = parent) AS v FROM child')) as { rows: { v: number }[] };
    t.ok(
      ids.rows.every(({ v }) => v === 12),
      `ids are those that the clients were told: ${JSON.stringify(ids.rows)}`,
    );
    for (const name of ['differs', 'memory', 'lock', 'temporary', 'commit', 'sleeps'])
      t.ok(
        Number(await after.value(`SELECT COUNT(*) FROM r WHERE who = '${name}'`)) <= (name === 'commit' ? 1 : 0),
        `${name} is not there`,
      );
    const metrics = await (await fetch(`${world.proxy.adminUrl}/metrics`)).text();
    t.match(metrics, /pointsman_transaction_replays_total\{result="replayed"\} [1-9]/);
    t.match(metrics, /pointsman_lost_statements_total\{class="commit-sent"\} [1-9]/);
  });
}
