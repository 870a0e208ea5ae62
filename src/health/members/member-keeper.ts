import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { expandMembers, sameMembers } from '../../topology/members.js';
import type { Address } from '../../topology/snapshot.js';
import type { Monitor } from '../monitor.js';
import type { MonitoredBackend, MonitorSettings } from '../options.js';
import { type Lookup, NameBook } from './name-book.js';
import { ReplicaScout } from './replica-scout.js';

/** Where servers come from besides the configured list. */
export interface MemberWishes {
  /** A host name is as many servers as it has addresses. */
  readonly expandNames: boolean;
  /** Between two questions to the name service and to the primary, ms. */
  readonly intervalMs: number;
  /** Servers that the cluster itself names. */
  readonly discover: boolean;
}

interface Discovered {
  readonly id: string;
  readonly backend: MonitoredBackend;
  /** Since when it has been down without a break, monotonic ms. */
  downSinceMs: number | undefined;
}

/** A discovered server that is down this long is forgotten. A former primary must be known when it returns. */
const FORGET_MS = 3_600_000;

/** Keeps the list of servers that a monitor watches: the configured ones, what their names stand for, and those that are discovered. */
export class MemberKeeper {
  readonly #monitor: Monitor;
  readonly #names: NameBook;
  readonly #scout: ReplicaScout;
  readonly #discovered = new Map<string, Discovered>();
  #settings: MonitorSettings;
  #wishes: MemberWishes;
  #timer: NodeJS.Timeout | undefined;
  #running = false;

  constructor(monitor: Monitor, settings: MonitorSettings, wishes: MemberWishes, ask: Lookup = (host) => lookup(host, { all: true })) {
    this.#monitor = monitor;
    this.#settings = settings;
    this.#wishes = wishes;
    this.#names = new NameBook(ask, settings.cluster, settings.log);
    this.#scout = new ReplicaScout(monitor.options);
  }

  /** Resolves the names, before the monitor starts. Takes two seconds at most. */
  async start(): Promise<void> {
    this.#running = true;
    await this.#resolve();
    this.#apply();
    this.#schedule();
  }

  stop(): void {
    this.#running = false;
    clearTimeout(this.#timer);
  }

  /** Goes by other settings from now on. */
  reconfigure(settings: MonitorSettings, wishes: MemberWishes): void {
    this.#settings = settings;
    this.#wishes = wishes;
    if (!wishes.discover) this.#discovered.clear();
    this.#monitor.reconfigure({ ...settings, backends: this.#list() });
    if (this.#running) this.#schedule();
  }

  #schedule(): void {
    clearTimeout(this.#timer);
    if (!this.#running || !(this.#wishes.expandNames || this.#wishes.discover)) return;
    this.#timer = setTimeout(() => {
      void this.#round().finally(() => this.#schedule());
    }, this.#wishes.intervalMs);
  }

  async #round(): Promise<void> {
    await this.#resolve();
    if (this.#wishes.discover) await this.#discover();
    if (this.#running) this.#apply();
  }

  #apply(): void {
    const backends = this.#list();
    if (sameMembers(backends, this.#monitor.options.backends)) return;
    const { cluster, log } = this.#settings;
    log.info({ cluster, backends: backends.map(({ name }) => name) }, `the servers of cluster ${cluster} are other ones now`);
    this.#monitor.reconfigure({ ...this.#settings, backends });
  }

  #list(): readonly MonitoredBackend[] {
    const addresses = this.#wishes.expandNames ? this.#names.addresses : new Map<string, readonly string[]>();
    const configured = expandMembers(this.#settings.backends, addresses);
    return [...configured, ...[...this.#discovered.values()].map(({ backend }) => backend)];
  }

  async #resolve(): Promise<void> {
    if (!this.#wishes.expandNames) return;
    const hosts = this.#settings.backends.map(({ address }) => address).filter(({ host, path }) => path === undefined && isIP(host) === 0);
    const { primary, backends } = this.#monitor.snapshot;
    // Whoever takes the writes is not dropped for what a name service says.
    const kept = backends.filter(({ name, state }) => name === primary && state !== 'down').map(({ address }) => address.host);
    await this.#names.refresh([...new Set(hosts.map(({ host }) => host))], new Set(kept));
  }

  async #discover(): Promise<void> {
    this.#forget();
    const { primary } = this.#monitor.snapshot;
    const watch = this.#monitor.watches.find(({ name }) => name === primary);
    if (watch === undefined) return;
    for (const { address, id } of await this.#scout.look(watch, (address) => this.#knows(address))) {
      const name = `${address.host.includes(':') ? `[${address.host}]` : address.host}:${address.port}`;
      const { watches } = this.#monitor;
      if (this.#discovered.has(name) || watches.some((each) => each.sample?.id === id || each.name === name)) continue;
      const { preamble } = watch.config;
      const backend = { name, address, weight: 100, priority: 100, neverPromote: false, ...(preamble && { preamble }) };
      this.#discovered.set(name, { id, backend, downSinceMs: undefined });
      const { cluster, log } = this.#settings;
      log.info({ cluster, backend: name, primary }, `${primary} names ${name}, which is watched from now on`);
    }
  }

  #knows({ host, port }: Address): boolean {
    return this.#monitor.watches.some(({ config: { address }, sample }) => {
      const isAt = (at: { readonly host: string; readonly port: number }) => at.port === port && at.host === host;
      return isAt(address) || (sample !== undefined && isAt({ host: sample.reportHost, port: sample.reportPort }));
    });
  }

  /** Discovered servers that are gone for long, or that turn out to be configured under another address. */
  #forget(): void {
    const nowMs = performance.now();
    for (const [name, found] of this.#discovered) {
      const watch = this.#monitor.watches.find((each) => each.name === name);
      if (watch?.detector.state !== 'down') found.downSinceMs = undefined;
      else found.downSinceMs ??= nowMs;
      const isTwice = this.#monitor.watches.some((each) => each.name !== name && each.sample?.id === found.id);
      const isGone = found.downSinceMs !== undefined && nowMs - found.downSinceMs > FORGET_MS;
      if (isTwice || isGone) this.#discovered.delete(name);
    }
  }
}
