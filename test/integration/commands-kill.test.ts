import t, { type Test } from 'tap';
import { COM, command, execute, type Parameter, query } from '../proxy/payloads.js';
import { type RunningPointsman, startPointsman } from '../proxy/start-pointsman.js';
import { errorOf, HEADER, WireClient, type WireLogin } from '../proxy/wire-client.js';
import { until } from '../servers/replication.js';
import { FLAVORS, type ReplicationSet, serverUnavailable, startReplication } from '../servers/servers.js';

const FIRST_OWN_ID = 2 ** 30;
const OK = 'ok';

/** The id that the greeting told: what drivers kill by. */
function greetingId(client: WireClient): number {
  return client.greeting.readUInt32LE(client.greeting.indexOf(0, 1) + 1);
}

function workerOf(client: WireClient): number {
  return Math.floor((greetingId(client) - FIRST_OWN_ID) / 2 ** 22);
}

/** One answer of one frame, in short. */
async function told(client: WireClient, payload: Buffer): Promise<string> {
  client.packet(payload);
  return inShort(await client.nextFrame());
}

function inShort(frame: Buffer | undefined): string {
  if (frame === undefined) return 'closed';
  const error = errorOf(frame);
  if (error !== undefined) return `${error.code} ${error.sqlState} ${error.message}`;
  return frame[HEADER] === 0 ? OK : 'rows';
}

const busy = (client: WireClient, mark: string): void => client.query(`SELECT SLEEP(25), '${mark}'`);

async function running(set: ReplicationSet, mark: string): Promise<void> {
  await until(`'${mark}' runs`, async () => {
    for (const server of set.servers) {
      const sql = `SELECT COUNT(*) AS n FROM information_schema.PROCESSLIST WHERE INFO LIKE 'SELECT SLEEP%${mark}%'`;
      if (server.running && Number((await server.sql<{ n: number }>(sql))[0]?.n) > 0) return true;
    }
    return false;
  });
}

/** What a server says to whoever is interrupted, and to whoever kills itself. */
interface Direct {
  readonly interrupted: string;
  readonly killedSelf: readonly string[];
  readonly unknown: string;
}

async function askServer(set: ReplicationSet): Promise<Direct> {
  const login: WireLogin = { port: set.primary.port };
  const [killer, victim, self] = [await WireClient.open(login), await WireClient.open(login), await WireClient.open(login)];
  busy(victim, 'direct');
  await running(set, 'direct');
  t.equal(await told(killer, query(`KILL QUERY ${greetingId(victim)}`)), OK);
  const interrupted = await lastOf(victim);
  self.query(`KILL ${greetingId(self)}`);
  const killedSelf = (await self.toTheEnd()).map(inShort);
  const unknown = await told(killer, query('KILL 1073741999'));
  for (const client of [killer, victim]) client.close();
  return { interrupted, killedSelf, unknown };
}

/** How the answer to a SELECT of one row ends: with its row, or an error. */
async function lastOf(client: WireClient): Promise<string> {
  const frames: string[] = [];
  for (let count = 0; count < 5; count++) {
    const frame = await client.frame();
    frames.push(errorOf(frame) === undefined ? frame.toString('latin1', HEADER).replaceAll(/[^ -~]/g, '.') : inShort(frame));
    if (errorOf(frame) !== undefined) break;
  }
  return frames.at(frames.length === 5 ? -2 : -1)?.replace('direct', 'mark') ?? '';
}

const longlong = (id: number): Parameter => {
  const value = Buffer.alloc(8);
  value.writeBigUInt64LE(BigInt(id));
  return { type: 8, value };
};

async function prepared(client: WireClient, sql: string): Promise<number> {
  const [ok] = await client.command(command(COM.prepare, sql));
  return (ok as Buffer).readUInt32LE(HEADER + 1);
}

for (const flavor of FLAVORS) {
  const reason = await serverUnavailable(flavor);
  t.test(`${flavor}: KILL`, { skip: reason ?? false, timeout: 110_000 }, async (t) => {
    const set = await startReplication({ flavor, replicas: 1 });
    t.teardown(() => set.stop());
    const direct = await askServer(set);
    for (const workers of [1, 3]) {
      const proxy = await startPointsman({ servers: set, workers, config: { clusters: { main: { hold: { timeout: '30s' } } } } });
      try {
        await t.test(`${workers} processes`, (t) => ids(t, set, proxy, direct, workers));
        await t.test(`${workers} processes, servers that count alike`, (t) => twins(t, set, proxy, direct));
        if (workers === 3) await t.test('held statements', (t) => held(t, set, proxy));
      } finally {
        await proxy.stop();
      }
    }
  });
}

async function ids(t: Test, set: ReplicationSet, proxy: RunningPointsman, direct: Direct, workers: number): Promise<void> {
  const primary = { port: proxy.ports.primary };
  const replica = { port: proxy.ports.replica };
  const admin = { ...primary, user: 'admin', password: 'admin' };
  const killer = await WireClient.open(primary);

  /** A session in another process, where there are several. */
  const victim = async (login: WireLogin): Promise<WireClient> => {
    for (;;) {
      const client = await WireClient.open(login);
      if (workers === 1 || workerOf(client) !== workerOf(killer)) return client;
      client.close();
    }
  };
  const backendId = async (client: WireClient): Promise<number> => Number(await client.value('SELECT CONNECTION_ID()'));

  for (const [where, login] of Object.entries({ 'on the same server': primary, 'on the replica': replica })) {
    for (const [how, idOf] of Object.entries({
      'our id': async (client: WireClient) => greetingId(client),
      'the id of the server': backendId,
    })) {
      const client = await victim(login);
      const id = await idOf(client);
      busy(client, `${workers} ${where} ${how}`);
      await running(set, `${workers} ${where} ${how}`);
      t.equal(await told(killer, query(`kill /* now */ query ${id}`)), OK, `KILL QUERY by ${how} ${where}`);
      t.equal(
        (await lastOf(client)).replace(`${workers} ${where} ${how}`, 'mark').replace(/'.*'/, ''),
        direct.interrupted.replace(/'.*'/, ''),
        'the victim is told what a server tells',
      );
      t.equal(await client.value('SELECT 5'), '5', 'and goes on');
      busy(client, `again ${workers} ${where} ${how}`);
      await running(set, `again ${workers} ${where} ${how}`);
      t.equal(await told(killer, how === 'our id' ? command(COM.processKill, id) : query(`KILL CONNECTION ${id}`)), OK);
      t.same((await client.toTheEnd()).map(inShort), [], 'KILL ends it without a word, as a server does');
      const idle = await victim(login);
      const idleId = await idOf(idle);
      t.equal(await told(killer, query(`KILL ${idleId}`)), OK, `an idle one by ${how} ${where}`);
      t.same(await idle.toTheEnd(), [], 'is not silently connected again');
    }
  }

  for (const [sql, run] of [
    ['KILL QUERY ?', (statement: number, id: number) => execute(statement, [longlong(id)])],
    ['KILL ?', (statement: number, id: number) => execute(statement, [longlong(id)])],
  ] as const) {
    const client = await victim(replica);
    const statement = await prepared(killer, sql);
    busy(client, `prepared ${workers} ${sql.length}`);
    await running(set, `prepared ${workers} ${sql.length}`);
    t.equal(await told(killer, run(statement, greetingId(client))), OK, `${sql}, prepared`);
    if (sql === 'KILL ?') t.same(await client.toTheEnd(), []);
    else await lastOf(client);
    client.close();
  }

  const several = await victim(primary);
  busy(several, `several ${workers}`);
  await running(set, `several ${workers}`);
  const answers = await killer.command(query(`DO 1; KILL QUERY ${greetingId(several)}; KILL QUERY ${greetingId(several)} ; DO 2`));
  t.same(answers.map(inShort), [OK, OK, OK, OK], 'in a text of several statements');
  await lastOf(several);

  for (const [where, login] of Object.entries({ 'same server': primary, 'other server': replica })) {
    const foreign = await victim({ ...login, user: 'admin', password: 'admin' });
    const id = greetingId(foreign);
    t.equal(await told(killer, query(`KILL ${id}`)), `1095 HY000 You are not owner of thread ${id}`, `somebody else's, ${where}`);
    t.equal(await told(killer, query(`KILL QUERY ${id}`)), `1095 HY000 You are not owner of thread ${id}`);
    t.equal(await foreign.value('SELECT 6'), '6', 'goes on');
    const app = await victim(login);
    const master = await WireClient.open(admin);
    t.equal(await told(master, query(`KILL ${greetingId(app)}`)), OK, 'an administrator may, because the server says so');
    t.same(await app.toTheEnd(), []);
    for (const client of [foreign, master]) client.close();
  }

  for (const idOf of [async (client: WireClient) => greetingId(client), backendId]) {
    const self = await WireClient.open(primary);
    const id = await idOf(self);
    self.query(`KILL ${id}`);
    t.same((await self.toTheEnd()).map(inShort), direct.killedSelf, 'of itself');
  }
  t.equal(await told(killer, query('KILL 1073741999')), direct.unknown, 'nobody');
  t.equal(await told(killer, command(COM.processKill, 1073741999)), direct.unknown);
  t.equal(await told(killer, query('KILL 987654321')), '1094 HY000 Unknown thread id: 987654321');
  t.equal(await told(killer, query(`KILL QUERY ${greetingId(several)}`)), OK, 'one that rests');
  t.equal(await several.value('SELECT 8'), '8');

  const driver = await proxy.connect('replica');
  const slow = driver.query(`SELECT SLEEP(25), 'driver ${workers}'`).then(
    () => 'an answer',
    (error: { errno?: number }) => `error ${error.errno}`,
  );
  await running(set, `driver ${workers}`);
  t.equal(await told(killer, query(`KILL QUERY ${driver.threadId}`)), OK);
  t.match(await slow, /an answer|error 1317/, 'the id that mysql2 shows');
  await driver.end();
  for (const client of [killer, several]) client.close();
}

/** Two servers give the same id: whoever kills by it does not mean itself. */
async function twins(t: Test, set: ReplicationSet, proxy: RunningPointsman, direct: Direct): Promise<void> {
  const [primary, replica] = set.servers;
  const nextId = async (port: number): Promise<number> => {
    const client = await WireClient.open({ port });
    client.close();
    return greetingId(client) + 1;
  };
  const idOf = async (client: WireClient): Promise<number> => Number(await client.value('SELECT CONNECTION_ID()'));
  // Checkers take ids in between, so that it is a matter of trying.
  for (let attempt = 0; attempt < 40; attempt++) {
    const ahead = (await nextId(replica?.port ?? 0)) + 5;
    while ((await nextId(primary?.port ?? 0)) < ahead);
    const killer = await WireClient.open({ port: proxy.ports.primary });
    const id = await idOf(killer);
    while ((await nextId(replica?.port ?? 0)) < id);
    const twin = await WireClient.open({ port: proxy.ports.replica });
    if ((await idOf(twin)) === id) {
      t.equal(await told(killer, query(`KILL ${id}`)), OK, 'the other one is meant');
      t.same(await twin.toTheEnd(), []);
      t.equal(await killer.value('SELECT 7'), '7', 'the caller goes on');
      killer.query(`KILL ${id}`);
      t.same((await killer.toTheEnd()).map(inShort), direct.killedSelf, 'and dies where there is no other');
      return;
    }
    for (const client of [killer, twin]) client.close();
  }
  t.fail('40 attempts, and never the same id on both servers');
}

async function held(t: Test, set: ReplicationSet, proxy: RunningPointsman): Promise<void> {
  const open = () => WireClient.open({ port: proxy.ports.primary });
  const clients = await Promise.all(Array.from({ length: 6 }, open));
  const [killer, query1, connection, inTransaction, pipelined, prepares] = clients as [
    WireClient,
    WireClient,
    WireClient,
    WireClient,
    WireClient,
    WireClient,
  ];
  t.equal(await told(killer, query('CREATE TABLE held (n INT) ENGINE=InnoDB')), OK);
  const statement = await prepared(prepares, 'INSERT INTO held VALUES (5)');
  t.equal(await told(inTransaction, query('BEGIN')), OK);
  await set.primary.freeze();
  const heldStatements = async (count: number): Promise<void> => {
    await until(`${count} are held`, async () => {
      const status = (await (await fetch(`${proxy.adminUrl}/api/v1/status`)).json()) as { heldStatements: number };
      return status.heldStatements === count;
    });
  };
  await until('the primary is down', async () => {
    const status = (await (await fetch(`${proxy.adminUrl}/api/v1/status`)).json()) as { clusters: { backends: { state: string }[] }[] };
    return status.clusters[0]?.backends.some(({ state }) => state === 'down') === true;
  });
  query1.query('INSERT INTO held VALUES (1)');
  connection.query('INSERT INTO held VALUES (2)');
  inTransaction.query('INSERT INTO held VALUES (3)');
  for (const payload of [query('INSERT INTO held VALUES (4)'), command(COM.ping)]) pipelined.packet(payload);
  prepares.packet(execute(statement));
  await heldStatements(5);
  const interrupted = '1317 70100 Query execution was interrupted';
  for (const client of [query1, inTransaction, prepares]) {
    t.equal(await told(killer, query(`KILL QUERY ${greetingId(client)}`)), OK);
    t.equal(inShort(await client.frame()), interrupted, 'a held statement is cancelled');
  }
  t.equal(await told(killer, query(`KILL ${greetingId(connection)}`)), OK);
  t.same(await connection.toTheEnd(), [], 'a connection whose statement is held ends');
  t.equal(await told(killer, command(COM.processKill, greetingId(pipelined))), OK);
  t.same(await pipelined.toTheEnd(), []);
  await heldStatements(0);
  await set.primary.thaw();
  const count = async (): Promise<string | undefined> => {
    const client = await open();
    const value = await client.value('SELECT COUNT(*) FROM held');
    client.close();
    return value;
  };
  t.equal(await count(), '0', 'nothing of it ran');
  t.equal(await told(query1, query('INSERT INTO held VALUES (6)')), OK, 'the sessions go on');
  t.equal(await count(), '1');
  for (const client of clients) client.close();
}
