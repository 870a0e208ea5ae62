import { gtidMembership } from '../servers/gtid.js';
import type { ReplicationSet, Server } from '../servers/servers.js';
import { isReadOnly, replicationStatus, until } from '../servers/servers.js';
import type { Fault } from './inject-fault.js';
import type { Ledger, Write } from './ledger.js';

export interface Comparison {
  readonly newPrimary: string;
  readonly acknowledged: number;
  /** Acknowledged and not in the new primary's table. */
  readonly missingReplicated: readonly string[];
  readonly missingNotReplicated: readonly string[];
  readonly missingWithoutGtid: readonly string[];
  readonly twice: readonly string[];
  /** Answered with "not done" to the last attempt, and yet there. */
  readonly doneThoughRefused: readonly string[];
  readonly halfDone: readonly string[];
  readonly unknown: number;
  readonly unknownDone: number;
  /** Surviving replicas that follow the new primary and have all it has. */
  readonly followers: readonly string[];
  readonly notFollowing: readonly string[];
}

/** The one running server that takes writes and follows nobody; waits until there is exactly one. */
export async function findNewPrimary(set: ReplicationSet, except: Server | undefined): Promise<Server> {
  return until(
    'exactly one writable server',
    async () => {
      const writable: Server[] = [];
      for (const server of set.servers) {
        if (server === except || !server.running) continue;
        if (!(await isReadOnly(server)) && (await replicationStatus(server)) === undefined) writable.push(server);
      }
      return writable.length === 1 ? writable[0] : undefined;
    },
    20_000,
  );
}

function describe(write: Write): string {
  return `${write.id} (${write.kind}, client ${write.client}${write.gtid === undefined ? '' : `, ${write.gtid}`})`;
}

async function countParts(primary: Server): Promise<Map<number, Map<number, number>>> {
  const rows = await primary.sql<{ id: number; part: number; n: number }>(
    'SELECT id, part, COUNT(*) AS n FROM test1.demo_writes GROUP BY id, part',
  );
  const parts = new Map<number, Map<number, number>>();
  for (const { id, part, n } of rows) {
    const one = parts.get(Number(id)) ?? new Map<number, number>();
    one.set(Number(part), Number(n));
    parts.set(Number(id), one);
  }
  return parts;
}

async function followersOf(
  set: ReplicationSet,
  primary: Server,
  except: Server | undefined,
): Promise<{ followers: string[]; notFollowing: string[] }> {
  const followers: string[] = [];
  const notFollowing: string[] = [];
  for (const server of set.servers) {
    if (server === primary || server === except || !server.running) continue;
    const wanted = await primary.value('SELECT COUNT(*) FROM test1.demo_writes');
    const follows = await until(
      'it follows',
      async () => {
        const status = await replicationStatus(server);
        const alive = status?.sourcePort === primary.port && status.ioRunning === 'Yes' && status.sqlRunning;
        return alive && (await server.value('SELECT COUNT(*) FROM test1.demo_writes')) === wanted;
      },
      10_000,
    ).catch(() => false);
    (follows ? followers : notFollowing).push(server.name);
  }
  return { followers, notFollowing };
}

/** Compares what the clients were told with what the new primary holds. `except`: the server that failed and is not looked at. */
export async function compare(set: ReplicationSet, ledger: Ledger, fault: Fault, except: Server | undefined): Promise<Comparison> {
  const primary = await findNewPrimary(set, except);
  const parts = await countParts(primary);
  const membership = fault.receivedSets.map((one) => gtidMembership(set.flavor, one));
  const missing = { replicated: [] as string[], not: [] as string[], noGtid: [] as string[] };
  const twice: string[] = [];
  const doneThoughRefused: string[] = [];
  const halfDone: string[] = [];
  const committed = new Map<number, number>();
  let acknowledged = 0;
  let unknown = 0;
  let unknownDone = 0;
  for (const write of ledger.writes.values()) {
    const found = parts.get(write.id);
    parts.delete(write.id);
    if (write.state === 'acknowledged') acknowledged += 1;
    if (write.state === 'unknown' || write.state === 'open') unknown += 1;
    if (found === undefined) {
      if (write.state !== 'acknowledged') continue;
      const { gtid } = write;
      if (gtid === undefined) missing.noGtid.push(describe(write));
      else if (membership.some((has) => has(gtid))) missing.replicated.push(describe(write));
      else missing.not.push(describe(write));
      continue;
    }
    if (write.kind === 'transaction') committed.set(write.client, (committed.get(write.client) ?? 0) + (found.get(1) ?? 0));
    if ([...found.values()].some((n) => n > 1)) twice.push(describe(write));
    if (found.size !== (write.kind === 'transaction' ? 2 : 1)) halfDone.push(describe(write));
    if (write.state === 'refused') doneThoughRefused.push(describe(write));
    if (write.state === 'unknown' || write.state === 'open') unknownDone += 1;
  }
  for (const id of parts.keys()) halfDone.push(`${id} (nobody wrote it)`);
  for (const { client, n } of await primary.sql<{ client: number; n: number }>('SELECT client, n FROM test1.demo_counters')) {
    const expected = committed.get(Number(client)) ?? 0;
    if (Number(n) !== expected) twice.push(`counter of client ${client}: ${n}, its committed transactions: ${expected}`);
  }
  return {
    newPrimary: primary.name,
    acknowledged,
    missingReplicated: missing.replicated,
    missingNotReplicated: missing.not,
    missingWithoutGtid: missing.noGtid,
    twice,
    doneThoughRefused,
    halfDone,
    unknown,
    unknownDone,
    ...(await followersOf(set, primary, fault.server)),
  };
}
