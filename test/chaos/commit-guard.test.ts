/**
 * Servers and connections that are lost around COMMIT, by the thousand, and the answers compared with the table afterwards.
 * `POINTSMAN_GUARD_ROUNDS`: how many rounds of cuts (a tenth of it kills, a twentieth freezes, a fiftieth failovers); default 200.
 * `POINTSMAN_GUARD_RESULTS`: a file for the numbers.
 */
import { writeFileSync } from 'node:fs';
import { loadavg } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import t, { type Test } from 'tap';
import { metric } from '../proxy/metrics.js';
import { type RunningPointsman, startPointsman } from '../proxy/start-pointsman.js';
import { WatchedWay } from '../proxy/watched-way.js';
import { FLAVORS, type Flavor, type Server, serverUnavailable, startReplication, startStandalone, until } from '../servers/servers.js';
import { GuardLoad } from './guard-load.js';

const rounds = Number(process.env['POINTSMAN_GUARD_ROUNDS'] ?? 200);
const CLIENTS = 16;
const results: object[] = [];

interface World {
  readonly proxy: RunningPointsman;
  readonly load: GuardLoad;
}

async function open(
  t: Test,
  primary: Server,
  servers: readonly { name: string; host: string; port: number }[],
  cluster: object = {},
  all: readonly Server[] = [primary],
): Promise<World> {
  await primary.sql('CREATE DATABASE pointsman');
  await primary.sql("GRANT CREATE, SELECT, DELETE ON pointsman.* TO pointsman@'%'");
  await primary.sql(GuardLoad.TABLE);
  const config = { clusters: { main: { transactions: { commitGuard: true }, hold: { timeout: '60s' }, ...cluster } } };
  const proxy = await startPointsman({ servers, config });
  t.teardown(() => proxy.stop());
  // A GRANT that names it before a replica has it would break the replica.
  await until('the table is on all servers', async () => {
    const found = await Promise.all(
      all.map((server) => server.sql("SELECT 1 AS n FROM information_schema.TABLES WHERE TABLE_NAME = 'commit_guard'")),
    );
    return found.every(({ length }) => length === 1);
  });
  await primary.sql("GRANT INSERT ON pointsman.commit_guard TO app@'%'");
  const load = new GuardLoad(proxy);
  await load.start(CLIENTS);
  return { proxy, load };
}

/** Ends the load and holds it against the table. */
async function judge(t: Test, { proxy, load }: World, server: Server, what: string, count: number, notBeforeMs?: number): Promise<void> {
  await load.stop();
  const verdict = await load.judge(server, notBeforeMs);
  const outcome = (name: string) => metric(proxy, 'pointsman_session_outcomes_total', `outcome="${name}"`);
  const names = ['guard-committed', 'guard-aborted', 'guard-rerun', 'unknown', 'replayed', 'transaction-lost'];
  const outcomes = Object.fromEntries(await Promise.all(names.map(async (name) => [name, await outcome(name)])));
  const line = { what, count, ...verdict, outcomes, writes: load.told.length, load: Number((loadavg()[0] ?? 0).toFixed(1)) };
  t.comment(JSON.stringify(line));
  t.same(verdict.lies, [], `${what}: every answer is the truth`);
  t.ok(Number(outcomes['guard-committed']) + Number(outcomes['guard-aborted']) > 0, `${what}: something was to be decided`);
  results.push(line);
}

/** Until the clients have got so many answers more. */
async function atWork({ load }: World, answers: number): Promise<void> {
  const wanted = load.told.length + answers;
  await until('the clients are at work', () => load.told.length >= wanted, 90_000);
}

const WORDS = ['START TRANSACTION', 'commit_guard', 'INTO cg', 'COMMIT'];

async function cuts(t: Test, flavor: Flavor): Promise<void> {
  const { server, stop } = await startStandalone({ flavor });
  t.teardown(() => stop());
  const way = await WatchedWay.open(server);
  t.teardown(() => way.close());
  const world = await open(t, server, [{ name: 'db1', host: '127.0.0.1', port: way.port }]);
  for (let round = 0; round < rounds; round += 1) {
    const { cuts } = way;
    way.arm({ words: WORDS[round % WORDS.length] as string, when: Math.random() < 0.5 ? 'before' : 'after' });
    await until('a cut', () => way.cuts > cuts);
    // All at once, in whatever state they are.
    if (round % 10 === 0) way.cutAll();
    await sleep(Math.random() * 10);
  }
  way.arm(undefined);
  await atWork(world, CLIENTS * 3);
  await judge(t, world, server, `${flavor}: connections cut`, way.cuts);
}

async function kills(t: Test, flavor: Flavor): Promise<void> {
  const { server, stop } = await startStandalone({ flavor });
  t.teardown(() => stop());
  const world = await open(t, server, [server]);
  const count = Math.ceil(rounds / 10);
  for (let round = 0; round < count; round += 1) {
    await atWork(world, CLIENTS * 2);
    await sleep(Math.random() * 50);
    await server.kill9();
    await server.start();
  }
  await atWork(world, CLIENTS * 3);
  await judge(t, world, server, `${flavor}: server killed and started again`, count);
}

async function freezes(t: Test, flavor: Flavor): Promise<void> {
  const { server, stop } = await startStandalone({ flavor });
  t.teardown(() => stop());
  const world = await open(t, server, [server]);
  const count = Math.ceil(rounds / 20);
  for (let round = 0; round < count; round += 1) {
    await atWork(world, CLIENTS * 2);
    await sleep(Math.random() * 50);
    server.freeze();
    await sleep(Math.random() * 4_000);
    server.thaw();
  }
  await atWork(world, CLIENTS * 3);
  await judge(t, world, server, `${flavor}: server frozen and thawed`, count);
}

/** A fresh set for each: what the old primary alone has keeps it in quarantine. */
async function failover(t: Test, flavor: Flavor, round: number): Promise<void> {
  const set = await startReplication({ flavor, replicas: 1 });
  t.teardown(() => set.stop());
  const [old, next] = set.servers as [Server, Server];
  const failover = { mode: 'promote', replicationUser: 'repl', replicationPassword: 'repl' };
  const world = await open(t, old, set.servers, { failover }, set.servers);
  await set.caughtUp();
  await atWork(world, CLIENTS * 4);
  await sleep(Math.random() * 50);
  const freezes = round % 2 === 1;
  if (freezes) old.freeze();
  else await old.kill9();
  // What is answered from here on is not the old one's word.
  await sleep(300);
  const deadMs = performance.now();
  await until('the other one is primary', async () => (await next.value('SELECT @@GLOBAL.read_only')) === '0', 60_000);
  await atWork(world, CLIENTS * 3);
  if (freezes) {
    old.thaw();
    await atWork(world, CLIENTS * 3);
  }
  await judge(t, world, next, `${flavor}: failover, old primary ${freezes ? 'frozen' : 'killed'}`, 1, deadMs);
}

for (const flavor of FLAVORS) {
  const options = { skip: (await serverUnavailable(flavor)) ?? false, timeout: 3_600_000 };
  t.test(`${flavor}: connections cut`, options, (t) => cuts(t, flavor));
  t.test(`${flavor}: killed`, options, (t) => kills(t, flavor));
  t.test(`${flavor}: frozen`, options, (t) => freezes(t, flavor));
  for (let round = 0; round < Math.max(2, rounds / 50); round += 1)
    t.test(`${flavor}: failover ${round + 1}`, options, (t) => failover(t, flavor, round));
}

t.teardown(() => {
  const file = process.env['POINTSMAN_GUARD_RESULTS'];
  if (file !== undefined)
    writeFileSync(file, `${JSON.stringify({ date: new Date().toISOString(), rounds, clients: CLIENTS, results }, null, 2)}\n`);
});
