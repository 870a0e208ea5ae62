import { setTimeout as sleep } from 'node:timers/promises';
import { type Observer, observeReplica, received } from '../demo/inject-fault.js';
import type { Random } from '../oracle/random.js';
import { gtidMembership } from '../servers/gtid.js';
import { blackHole, type GaleraSet, replicaStatement, type Server } from '../servers/servers.js';
import type { ChaosWorld } from './chaos-world.js';

/** Deaths of the primary. */
export const FAILOVERS = ['kill', 'freeze', 'vanish'] as const;
/** Trouble of a replica. */
export const SMALL = ['kill-replica', 'freeze-replica', 'lag'] as const;
export type Deed = (typeof FAILOVERS)[number] | (typeof SMALL)[number] | 'switchover';

function back(victim: Server, galera: GaleraSet | undefined): Promise<void> {
  return galera === undefined ? victim.start() : galera.rejoin(victim);
}

/** What is done to the primary; gives what undoes it. */
async function strike(deed: (typeof FAILOVERS)[number], victim: Server, galera: GaleraSet | undefined): Promise<() => Promise<void>> {
  if (deed === 'kill') {
    void victim.kill9();
    return async () => {
      await victim.kill9();
      await back(victim, galera);
    };
  }
  if (deed === 'freeze') {
    victim.freeze();
    return async () => victim.thaw();
  }
  const hole = await blackHole(victim, 'all');
  return () => hole.remove();
}

async function failover(world: ChaosWorld, deed: (typeof FAILOVERS)[number], galera: GaleraSet | undefined): Promise<void> {
  const victim = await world.primary();
  // What a Galera node answered with OK, the others have.
  const others = galera === undefined ? world.set.servers.filter((each) => each !== victim) : [];
  const observers: Observer[] = await Promise.all(others.map(observeReplica));
  const sinceMs = performance.now();
  const undo = await strike(deed, victim, galera);
  try {
    const sets = (await Promise.all(observers.map(received))).flat().map((one) => gtidMembership(world.set.flavor, one));
    const loss = { sinceMs, untilMs: Number.POSITIVE_INFINITY, received: (gtid: string) => sets.some((has) => has(gtid)) };
    world.losses.push(loss);
    await world.primaryAfter(victim);
    await world.atWork(1);
    loss.untilMs = performance.now();
    await world.atWork();
    world.noteGap(deed, sinceMs);
  } finally {
    for (const { connection } of observers) connection.destroy();
    await undo();
  }
}

async function trouble(world: ChaosWorld, deed: (typeof SMALL)[number], random: Random, galera: GaleraSet | undefined): Promise<void> {
  const primary = await world.primary();
  const victim = random.pick(world.set.servers.filter((each) => each !== primary));
  const durationMs = 500 + random.below(2500);
  if (deed === 'kill-replica') {
    await victim.kill9();
    await sleep(durationMs);
    await back(victim, galera);
  } else if (deed === 'freeze-replica') {
    victim.freeze();
    await sleep(durationMs);
    victim.thaw();
  } else {
    await victim.sql(replicaStatement(victim, 'STOP', 'SQL_THREAD'));
    await sleep(durationMs);
    await victim.sql(replicaStatement(victim, 'START', 'SQL_THREAD'));
  }
  await world.atWork();
}

async function switchover(world: ChaosWorld): Promise<void> {
  const old = await world.primary();
  const sinceMs = performance.now();
  const { status, text } = await world.switchover();
  if (status !== 200) throw new Error(`switchover: ${status} ${text}`);
  await world.primaryAfter(old);
  await world.atWork();
  world.noteGap('switchover', sinceMs);
}

/** Does one thing to the servers and undoes it; the clients are at work again when this settles. */
export async function doDeed(world: ChaosWorld, deed: Deed, random: Random, galera: GaleraSet | undefined): Promise<void> {
  if (deed === 'switchover') return switchover(world);
  if (deed === 'kill' || deed === 'freeze' || deed === 'vanish') return failover(world, deed, galera);
  return trouble(world, deed, random, galera);
}
