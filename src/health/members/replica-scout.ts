import { replicaOf } from '../../topology/sample.js';
import type { Address } from '../../topology/snapshot.js';
import type { BackendWatch } from '../backend-watch.js';
import type { MonitorOptions } from '../options.js';
import { askProcess, askRound } from '../probes/probe-statements.js';
import { dialServer, type Row, type ServerLink, serverErrno } from '../probes/server-link.js';

/** Old and new words; MySQL 8.4 knows only the new ones, MySQL before 8.0.22 and MariaDB only the old. */
const SHOW = ['SHOW SLAVE HOSTS', 'SHOW REPLICAS'] as const;
const DUMPS = "SELECT host FROM information_schema.processlist WHERE command LIKE 'Binlog Dump%'";

/** A server that the cluster itself names. */
export interface Found {
  readonly address: Address;
  /** `@@server_uuid`, or MariaDB's `@@server_id`. */
  readonly id: string;
}

/**
 * Finds servers that are not configured: replicas that the primary names (`report_host`, else the addresses of its binlog connections with its own
 * port), nodes that Galera nodes name, members of a replication group. Each is looked at first: it has to be reachable and belong to the cluster.
 */
export class ReplicaScout {
  readonly #options: MonitorOptions;

  constructor(options: MonitorOptions) {
    this.#options = options;
  }

  /** @param known addresses that need no look. Never rejects. */
  async look(primary: BackendWatch, known: (address: Address) => boolean): Promise<readonly Found[]> {
    const named = await this.#named(primary).catch((error: unknown) => {
      const { cluster, log } = this.#options;
      log.debug({ cluster, backend: primary.name, error: String(error) }, 'the primary could not be asked for its replicas');
      return [];
    });
    const fresh = named.filter((address) => !known(address));
    const looks = await Promise.all(fresh.map((address) => this.#examine(address, primary).catch(() => undefined)));
    return looks.filter((each) => each !== undefined);
  }

  async #named(primary: BackendWatch): Promise<readonly Address[]> {
    const { sample } = primary;
    if (sample?.galera !== undefined) return sample.galera.members.flatMap(parse);
    if (sample?.group !== undefined)
      return sample.group.members.map(({ host, port }) => ({ host, port })).filter(({ host }) => host !== '');
    const link = await dialServer(primary.link, this.#timeoutMs);
    try {
      const rows = await replicaRows(link, this.#timeoutMs);
      const named = rows.flatMap((row) => (row['Host'] ? [{ host: row['Host'], port: Number(row['Port']) || 3306 }] : []));
      if (rows.length > 0 && named.length === rows.length) return named;
      const dumps = await link.query(DUMPS, this.#timeoutMs);
      const { port } = primary.config.address;
      return [...named, ...dumps.map(({ host }) => ({ host: (host ?? '').replace(/:\d+$/, ''), port })).filter(({ host }) => host !== '')];
    } finally {
      link.end();
    }
  }

  get #timeoutMs(): number {
    return Math.max(1_000, this.#options.timeoutMs);
  }

  /** Who it is, if it belongs here. */
  async #examine(address: Address, primary: BackendWatch): Promise<Found | undefined> {
    const of = primary.sample;
    const link = await dialServer({ ...primary.link, address }, this.#timeoutMs);
    try {
      const facts = await askProcess(link, this.#timeoutMs);
      const { sample } = await askRound(link, facts, 'SHOW SLAVE STATUS', () => this.#timeoutMs);
      const belongs =
        (of?.galera !== undefined && sample.galera?.clusterId === of.galera.clusterId) ||
        (of?.group !== undefined && sample.group?.name === of.group.name) ||
        (of !== undefined && replicaOf(sample)?.sourceId === of.id);
      return belongs ? { address, id: sample.id } : undefined;
    } finally {
      link.end();
    }
  }
}

async function replicaRows(link: ServerLink, timeoutMs: number): Promise<readonly Row[]> {
  for (const sql of SHOW) {
    try {
      return await link.query(sql, timeoutMs);
    } catch (error) {
      // 1064: other words. Not allowed: the process list may do.
      if (serverErrno(error) === undefined) throw error;
      if (serverErrno(error) !== 1064) return [];
    }
  }
  return [];
}

function parse(text: string): readonly Address[] {
  const parts = /^\[?([^\]]+?)\]?:(\d+)$/.exec(text);
  return parts === null ? [] : [{ host: parts[1] ?? '', port: Number(parts[2]) }];
}
