import { X509Certificate } from 'node:crypto';
import type { Config, ListenerConfig } from '../config/config.js';
import { WatchedFiles } from '../net/watched-files.js';
import type { KeyPairPem } from '../net/x509/self-signed.js';
import type { Log } from '../telemetry/log-types.js';
import {
  type ClusterMaterial,
  type ListenerMaterial,
  newTicketKeys,
  ownCertificate,
  readCluster,
  readListener,
  type TlsMaterial,
} from './tls-material.js';

/**
 * Whoever holds the ticket keys can read recorded TLS 1.2 sessions that used them. With new keys each client makes one full handshake more.
 */
const ROTATE_TICKETS_MS = 3_600_000;
const DAY_MS = 86_400_000;
const WARN_BEFORE_DAYS = 14;

/** Certificates and keys of a process group, once: read at the start, read again when their files change. */
export class TlsKeeper {
  #config: Config;
  readonly #log: Log;
  #own: KeyPairPem | undefined;
  readonly #listeners = new Map<string, ListenerMaterial>();
  readonly #clusters = new Map<string, ClusterMaterial>();
  /** Only the supervisor's own: workers ask no coordinator. */
  readonly #coordinators = new Map<string, ClusterMaterial>();
  readonly #subscribers = new Set<(material: TlsMaterial) => void>();
  readonly #watches: WatchedFiles[] = [];
  readonly #timers: NodeJS.Timeout[] = [];
  #ticketKeys = newTicketKeys();

  /** @throws Error that names the file when one cannot be used (which the check of the configuration has said before, mostly) */
  constructor(config: Config, log: Log) {
    this.#config = config;
    this.#log = log;
    this.prepare(config)();
  }

  /**
   * Reads everything that a configuration names.
   * @returns brings it into force
   * @throws Error that names the file when one cannot be used; what was read before stays in use then
   */
  prepare(config: Config): () => void {
    const listeners = offering(config).map((listener) => [listener.name, this.#readListener(listener)] as const);
    const clusters = config.clusters.map(({ name, tls }) => [name, readCluster(tls)] as const);
    const coordinators = config.clusters.map(({ name, failover }) => [name, readCluster(failover.coordinator)] as const);
    return () => {
      this.#config = config;
      const changed = [
        ...listeners.map(([name, material]) => replace(this.#listeners, name, material)),
        ...clusters.map(([name, material]) => replace(this.#clusters, name, material)),
        ...coordinators.map(([name, material]) => replace(this.#coordinators, name, material)),
      ];
      if (this.#watches.length > 0) this.#watchAll();
      if (changed.includes(true)) this.#publish();
    };
  }

  get material(): TlsMaterial {
    return { listeners: this.#listeners, clusters: this.#clusters, ticketKeys: this.#ticketKeys };
  }

  /** What the coordinator of a cluster is checked against and shown. */
  coordinator(cluster: string): ClusterMaterial {
    return this.#coordinators.get(cluster) ?? {};
  }

  /** When each listener's certificate expires, Unix time. */
  get expiries(): readonly { readonly listener: string; readonly atMs: number }[] {
    return [...this.#listeners].map(([listener, { expiresAtMs }]) => ({ listener, atMs: expiresAtMs }));
  }

  /** Calls with all of it whenever any of it has changed. */
  subscribe(changed: (material: TlsMaterial) => void): void {
    this.#subscribers.add(changed);
  }

  /** Begins to watch the files. */
  start(): void {
    this.#watchAll();
    const rotate = setInterval(() => {
      this.#ticketKeys = newTicketKeys();
      this.#publish();
    }, ROTATE_TICKETS_MS);
    this.#timers.push(rotate.unref(), setInterval(() => this.#warnOfExpiry(), DAY_MS).unref());
    this.#warnOfExpiry();
    if (this.#own === undefined) return;
    const { fingerprint256 } = new X509Certificate(this.#own.cert);
    const listeners = offering(this.#config)
      .filter(({ tls }) => tls.certFile === undefined)
      .map(({ name }) => name);
    this.#log.info(
      { listeners, fingerprint256 },
      'TLS is offered with a self-signed certificate, made at this start; give tls.certFile for one to verify',
    );
  }

  #watchAll(): void {
    for (const watch of this.#watches.splice(0)) watch.close();
    for (const listener of offering(this.#config)) {
      const { certFile, keyFile, clientCaFile } = listener.tls;
      this.#watch([certFile, keyFile, clientCaFile], { listener: listener.name }, () =>
        replace(this.#listeners, listener.name, this.#readListener(listener)),
      );
    }
    for (const cluster of this.#config.clusters) {
      const { caFile, certFile, keyFile } = cluster.tls;
      this.#watch([caFile, certFile, keyFile], { cluster: cluster.name }, () =>
        replace(this.#clusters, cluster.name, readCluster(cluster.tls)),
      );
      const { coordinator } = cluster.failover;
      this.#watch([coordinator.caFile, coordinator.certFile, coordinator.keyFile], { cluster: cluster.name }, () =>
        replace(this.#coordinators, cluster.name, readCluster(coordinator)),
      );
    }
  }

  stop(): void {
    for (const watch of this.#watches) watch.close();
    for (const timer of this.#timers) clearInterval(timer);
  }

  #readListener(listener: ListenerConfig): ListenerMaterial {
    return readListener(listener, () => {
      this.#own ??= ownCertificate(this.#config);
      return this.#own;
    });
  }

  #watch(files: readonly (string | undefined)[], owner: { listener: string } | { cluster: string }, read: () => boolean): void {
    const paths = files.filter((file) => file !== undefined);
    const reread = (): void => {
      try {
        if (!read()) return;
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error);
        this.#log.error({ ...owner, reason }, 'TLS files have changed and cannot be used; what was read before stays in use');
        return;
      }
      this.#log.info({ ...owner, files: paths }, 'TLS files have changed: new connections use them');
      this.#publish();
      this.#warnOfExpiry();
    };
    this.#watches.push(new WatchedFiles(paths, reread));
  }

  #publish(): void {
    for (const changed of this.#subscribers) changed(this.material);
  }

  #warnOfExpiry(): void {
    for (const { listener, atMs } of this.expiries) {
      const days = Math.floor((atMs - Date.now()) / DAY_MS);
      const expires = new Date(atMs).toISOString();
      if (days < 0) this.#log.error({ listener, expires }, "the listener's certificate has expired: clients that check it refuse us");
      else if (days < WARN_BEFORE_DAYS) this.#log.warn({ listener, expires, days }, "the listener's certificate expires soon");
    }
  }
}

/** Those with TLS. */
function offering({ listeners }: Config): Config['listeners'] {
  return listeners.filter(({ tls }) => tls.mode !== 'off');
}

/** False: it is the same as before. */
function replace<T extends object>(map: Map<string, T>, name: string, value: T): boolean {
  if (JSON.stringify(map.get(name)) === JSON.stringify(value)) return false;
  map.set(name, value);
  return true;
}
