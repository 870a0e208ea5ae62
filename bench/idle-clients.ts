import { setTimeout as sleep } from 'node:timers/promises';
import type { Connection } from 'mysql2/promise';
import { createConnection } from 'mysql2/promise';
import { DATABASE, PASSWORDS } from '../test/servers/servers.js';
import type { TargetName } from './bench-options.js';
import { processUsage } from './process-usage.js';
import type { Target } from './stage.js';
import { table } from './table.js';

/** What clients that do nothing cost a proxy. */
export interface IdleCost {
  readonly target: TargetName;
  readonly clients: number;
  /** After 20 clients have come and gone. */
  readonly emptyRssBytes: number;
  readonly halfRssBytes: number;
  readonly fullRssBytes: number;
  /** After all have left. */
  readonly afterRssBytes: number;
  /** (full - empty) / clients: with the heap's own growth. */
  readonly bytesPerClient: number;
  /** (full - half) / (clients / 2): what one more client costs. */
  readonly marginalBytesPerClient: number;
}

const AT_ONCE = 20;
/** Time for garbage collection and for the kernel to take pages back. */
const SETTLE_MS = 3000;

async function openClients(port: number, count: number): Promise<Connection[]> {
  const connections: Connection[] = [];
  const open = async (): Promise<void> => {
    const connection = await createConnection({ host: '127.0.0.1', port, user: 'app', password: PASSWORDS.app, database: DATABASE });
    connection.on('error', () => undefined);
    connections.push(connection);
    await connection.query('SELECT 1');
  };
  for (let opened = 0; opened < count; opened += AT_ONCE) {
    await Promise.all(Array.from({ length: Math.min(AT_ONCE, count - opened) }, open));
  }
  return connections;
}

async function closeClients(connections: readonly Connection[]): Promise<void> {
  await Promise.all(connections.map((connection) => connection.end()));
}

/** The least of several readings: what is held, not what waits to be collected. */
async function settledRss(pid: number): Promise<number> {
  await sleep(SETTLE_MS);
  let least = Number.POSITIVE_INFINITY;
  for (let i = 0; i < 10; i++) {
    least = Math.min(least, processUsage(pid).rssBytes);
    await sleep(200);
  }
  return least;
}

/** Opens clients, each with one query behind it, and reads the proxy's memory. The proxy should be a fresh one. */
export async function measureIdle(target: Target, clients: number): Promise<IdleCost> {
  const pid = target.pid ?? 0;
  await closeClients(await openClients(target.port, AT_ONCE));
  const emptyRssBytes = await settledRss(pid);
  const half = Math.ceil(clients / 2);
  const first = await openClients(target.port, half);
  const halfRssBytes = await settledRss(pid);
  const second = await openClients(target.port, clients - half);
  const fullRssBytes = await settledRss(pid);
  await closeClients([...first, ...second]);
  const afterRssBytes = await settledRss(pid);
  return {
    target: target.name,
    clients,
    emptyRssBytes,
    halfRssBytes,
    fullRssBytes,
    afterRssBytes,
    bytesPerClient: (fullRssBytes - emptyRssBytes) / clients,
    marginalBytesPerClient: (fullRssBytes - halfRssBytes) / (clients - half),
  };
}

/** A line for each proxy. */
export function printIdle(costs: readonly IdleCost[]): string {
  const mb = (bytes: number): string => (bytes / 2 ** 20).toFixed(1);
  const kb = (bytes: number): string => (bytes / 1024).toFixed(1);
  const [first] = costs;
  const clients = first?.clients ?? 0;
  const head = [
    `${clients} idle clients`,
    'RSS MB with none',
    `with ${Math.ceil(clients / 2)}`,
    `with ${clients}`,
    'after they left',
    'kB per client',
    'marginal kB per client',
  ];
  const rows = costs.map((cost) => [
    cost.target,
    mb(cost.emptyRssBytes),
    mb(cost.halfRssBytes),
    mb(cost.fullRssBytes),
    mb(cost.afterRssBytes),
    kb(cost.bytesPerClient),
    kb(cost.marginalBytesPerClient),
  ]);
  return table([head, ...rows]);
}
