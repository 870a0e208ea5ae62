import { loadavg } from 'node:os';
import { Random } from '../oracle/random.js';
import { until } from '../servers/replication.js';
import { type GaleraSet, type ReplicationSet, type Server, startGalera, startReplication } from '../servers/servers.js';
import { ACCOUNTS, EACH_BALANCE } from './bank-client.js';
import { ChaosWorld } from './chaos-world.js';
import type { Holdings } from './history.js';
import { type Judgement, judgeHistory } from './judge-history.js';
import { type Deed, doDeed, FAILOVERS, SMALL } from './nemesis.js';

/** `mysql`, `mariadb`: asynchronous replication. */
export const KINDS = ['mysql', 'mariadb', 'mariadb-semisync', 'galera'] as const;
export type Kind = (typeof KINDS)[number];

/** What one set of servers went through, and the verdict. */
export interface SessionRecord extends Judgement {
  readonly kind: Kind;
  readonly seed: number;
  readonly date: string;
  /** In order; those that were done. */
  readonly deeds: readonly Deed[];
  readonly reads: number;
  readonly lostNamed: number;
  /** Errors that clients saw, by number. */
  readonly errors: Readonly<Record<string, number>>;
  /** By deed: the longest time without an acknowledged write, ms. */
  readonly gapsMs: Readonly<Record<string, readonly number[]>>;
  readonly loadAverage: number;
}

/** Every server may become primary; one that nobody follows must not wait for anybody, or the replicas' own appliers would. */
const SEMISYNC = [
  '--rpl-semi-sync-master-enabled=ON',
  '--rpl-semi-sync-slave-enabled=ON',
  '--rpl-semi-sync-master-timeout=60000',
  '--rpl-semi-sync-master-wait-point=AFTER_SYNC',
  '--rpl-semi-sync-master-wait-no-slave=OFF',
];

function startSet(kind: Kind): Promise<ReplicationSet | GaleraSet> {
  if (kind === 'galera') return startGalera();
  return startReplication({ flavor: kind === 'mysql' ? 'mysql' : 'mariadb', extraArgs: kind === 'mariadb-semisync' ? SEMISYNC : [] });
}

/** Two failovers and two switchovers among small trouble, in an order of the seed; Galera: two node kills, one of them the writer. */
function planDeeds(kind: Kind, random: Random): Deed[] {
  if (kind === 'galera') return random.chance(0.5) ? ['kill', 'kill-replica', 'switchover'] : ['kill-replica', 'kill', 'switchover'];
  const deeds: Deed[] = [
    random.pick(FAILOVERS),
    random.pick(FAILOVERS),
    'switchover',
    'switchover',
    random.pick(SMALL),
    random.pick(SMALL),
  ];
  const drawn = deeds.map((deed) => ({ deed, at: random.next() }));
  return drawn.sort((a, b) => a.at - b.at).map(({ deed }) => deed);
}

async function tokensOf(server: Server): Promise<Map<number, number>> {
  const rows = await server.sql<{ token: number; n: number }>('SELECT token, COUNT(*) AS n FROM test1.chaos_tokens GROUP BY token');
  return new Map(rows.map(({ token, n }) => [Number(token), Number(n)]));
}

/** All that can be compared, in one text. */
async function contents(server: Server): Promise<string> {
  const tables = ['chaos_tokens', 'chaos_counters', 'chaos_accounts'];
  const rows = await Promise.all(tables.map((table) => server.sql(`SELECT * FROM test1.${table} ORDER BY 1`)));
  return JSON.stringify(rows);
}

async function readServers(world: ChaosWorld): Promise<Holdings> {
  const primary = await world.primary();
  const wanted = await contents(primary);
  const { backends } = await world.status();
  const differences: string[] = [];
  for (const { name, readable } of backends) {
    const server = world.named(name);
    if (server === primary || !readable) continue;
    const isSame = async () => (await contents(server)) === wanted;
    if (!(await until(`${name} has the same`, isSame, 30_000).catch(() => false)))
      differences.push(`${name} is read and differs from ${primary.name}`);
  }
  const counters = await primary.sql<{ id: number; n: number }>('SELECT id, n FROM test1.chaos_counters');
  return {
    tokens: await tokensOf(primary),
    counters: new Map(counters.map(({ id, n }) => [Number(id), Number(n)])),
    sum: Number(await primary.value('SELECT SUM(balance) FROM test1.chaos_accounts')),
    expectedSum: ACCOUNTS * EACH_BALANCE,
    differences,
  };
}

/** Starts servers, does what the seed says to them under the clients' work, reads all servers and judges. */
export async function runSession(kind: Kind, seed: number, say: (text: string) => void): Promise<{ record: SessionRecord; log: string }> {
  const random = new Random(seed);
  const set = await startSet(kind);
  let world: ChaosWorld | undefined;
  const deeds: Deed[] = [];
  try {
    world = await ChaosWorld.open(set, seed, kind === 'galera' ? 'follow' : 'promote');
    let isWhole = await world.whole();
    await world.atWork();
    for (const deed of planDeeds(kind, random)) {
      // With a server kept apart an operator would have to come; the next session has servers of its own.
      if (!isWhole) break;
      say(`${kind}, seed ${seed}: ${deed}`);
      await doDeed(world, deed, random, 'rejoin' in set ? set : undefined);
      deeds.push(deed);
      isWhole = await world.whole();
      await world.atWork();
    }
    await world.stopClients();
    const lostNamed = await world.lostNamed();
    const circumstances = { mayLose: kind === 'mysql' || kind === 'mariadb', losses: world.losses, lostNamed };
    const { memory, gapsMs } = world;
    const judgement = judgeHistory(memory, await readServers(world), circumstances);
    const loadAverage = Number((loadavg()[0] ?? 0).toFixed(2));
    const errors = Object.fromEntries(memory.errors);
    const head = { kind, seed, date: new Date().toISOString(), deeds, reads: memory.reads, lostNamed };
    return { record: { ...head, ...judgement, errors, gapsMs, loadAverage }, log: world.log() };
  } catch (error) {
    say(`${kind}, seed ${seed}, after ${deeds.join(', ')}: the end of the log:\n${world?.log().slice(-6000)}`);
    throw error;
  } finally {
    await world?.stop();
    await set.stop();
  }
}
