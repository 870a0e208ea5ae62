import type { Connection } from 'mysql2/promise';
import { type ReplicationSet, type Server, setReadOnly } from '../servers/servers.js';
import type { FaultKind } from './demo-options.js';

export interface Fault {
  /** performance.now() of the signal, or of the first statement of the switchover. */
  readonly at: number;
  readonly server: Server;
  /** GTIDs that each replica had received or executed right after the fault, as its server prints them. */
  readonly receivedSets: readonly string[];
  /** performance.now() when somebody else than Pointsman turned the new primary writable; undefined when that is Pointsman's work. */
  readonly writableAt: number | undefined;
}

export interface Observer {
  readonly replica: Server;
  readonly connection: Connection;
}

/** Connections to the replicas, made before the fault so that looking takes a millisecond. */
export async function observeReplicas(set: ReplicationSet): Promise<Observer[]> {
  return Promise.all(set.replicas.map(observeReplica));
}

/** One of them; the caller ends the connection. */
export async function observeReplica(replica: Server): Promise<Observer> {
  return { replica, connection: await replica.connectAsRoot() };
}

/** The GTIDs that it has received or executed by now, as its server prints them. */
export async function received({ replica, connection }: Observer): Promise<string[]> {
  const executed = replica.flavor === 'mysql' ? '@@GLOBAL.gtid_executed' : '@@GLOBAL.gtid_current_pos';
  const [[status], [rows]] = await Promise.all([
    connection.query(replica.flavor === 'mysql' && replica.version.startsWith('8.4') ? 'SHOW REPLICA STATUS' : 'SHOW SLAVE STATUS'),
    connection.query(`SELECT ${executed} AS executed`),
  ]);
  const row = (status as Record<string, unknown>[])[0] ?? {};
  const known = [row['Retrieved_Gtid_Set'], row['Gtid_IO_Pos'], (rows as Record<string, unknown>[])[0]?.['executed']];
  return known.filter((one) => one !== undefined && one !== null && one !== '').map((one) => String(one).replace(/\s/g, ''));
}

/** The replica that has received most, by its executed count of transactions; for a promotion by hand. */
async function mostAdvanced(set: ReplicationSet): Promise<Server> {
  let best: { server: Server; count: number } | undefined;
  for (const server of set.replicas) {
    const text = (await server.value('SELECT COUNT(*) FROM test1.demo_writes')) ?? '0';
    if (best === undefined || Number(text) > best.count) best = { server, count: Number(text) };
  }
  if (best === undefined) throw new Error('no replica to promote');
  return best.server;
}

/** Makes the primary fail in the way asked for; in `follow` mode somebody (this function) also makes a new primary. */
export async function injectFault(
  set: ReplicationSet,
  kind: FaultKind,
  mode: 'promote' | 'follow',
  observers: readonly Observer[],
): Promise<Fault> {
  const server = set.primary;
  const at = performance.now();
  if (kind === 'switchover') {
    const to = set.replicas[0];
    if (to === undefined) throw new Error('no replica to switch to');
    const { writableAt } = await set.switchOver(to);
    const receivedSets = (await Promise.all(observers.map(received))).flat();
    return { at, server, receivedSets, writableAt };
  }
  if (kind === 'freeze') server.freeze();
  const dying = kind === 'kill' ? server.kill9() : undefined;
  const receivedSets = (await Promise.all(observers.map(received))).flat();
  await dying;
  if (mode === 'promote') return { at, server, receivedSets, writableAt: undefined };
  const { writableAt } = await set.promote(await mostAdvanced(set));
  return { at, server, receivedSets, writableAt };
}

/** What a careful administrator does before waking a frozen former primary in `follow` mode: nothing can be done but to fence it at once. */
export async function wake(server: Server, fence: boolean): Promise<void> {
  server.thaw();
  if (fence) await setReadOnly(server, true);
}
