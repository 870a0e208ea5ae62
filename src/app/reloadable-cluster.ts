import type { ClusterConfig, Config } from '../config/config.js';
import { Balancer } from '../routing/balancer.js';
import { Router } from '../routing/router.js';
import { type HoldOptions, HoldQueue } from '../session/hold-queue.js';
import { InquiryGate } from '../session/inquiry-gate.js';
import { PrimaryOnly } from '../session/primary-only.js';
import { ProvenLogins } from '../session/proven-logins.js';
import { ReplayMemory } from '../session/replay/replay-memory.js';
import type { SecretSource } from '../session/secret-source.js';
import type { ClusterServices, ReadPromise } from '../session/services.js';
import { SafeFunctions } from '../sql/safe-functions.js';
import type { Stats } from '../telemetry/stats.js';
import type { ClusterLink } from '../topology/link.js';
import { configuredName } from '../topology/members.js';
import { announcedDial } from './announced-dial.js';
import { countedDial } from './counted-dial.js';
import type { ProcessTls } from './process-tls.js';
import { clusterNamed } from './proxy-settings.js';
import type { RememberedNames } from './remembered-names.js';

/** What the services of a cluster are made of besides its configuration. */
export interface ClusterParts {
  readonly name: string;
  readonly link: ClusterLink;
  readonly secrets: SecretSource;
  readonly stats: Stats;
  readonly tls: ProcessTls;
  readonly names: RememberedNames;
  /** How many share the limits that are meant for all together. */
  readonly processes: number;
}

/** What is read from the configuration; replaced as a whole. */
interface ClusterSettings {
  readonly cluster: ClusterConfig;
  readonly reads: ReadPromise;
  readonly mostConnections: ReadonlyMap<string, number | undefined>;
  readonly dial: ClusterServices['dial'];
}

/** What one cluster's sessions in this process share, by the configuration in force. */
export class ReloadableCluster implements ClusterServices {
  readonly name: string;
  readonly link: ClusterLink;
  readonly secrets: SecretSource;
  readonly balancer = new Balancer();
  readonly router = new Router(this.balancer);
  readonly hold: HoldQueue;
  readonly proven: ProvenLogins;
  readonly inquiries = new InquiryGate();
  readonly primaryOnly = new PrimaryOnly();
  readonly safeFunctions: SafeFunctions | undefined;
  readonly replay: ReplayMemory | undefined;
  readonly commitGuard: boolean;
  guardMissedAtMs = Number.NEGATIVE_INFINITY;
  readonly #parts: ClusterParts;
  #settings: ClusterSettings;

  constructor(config: Config, parts: ClusterParts) {
    this.#parts = parts;
    this.name = parts.name;
    this.link = parts.link;
    this.secrets = parts.secrets;
    this.#settings = this.#settingsOf(config);
    const { cluster } = this.#settings;
    this.safeFunctions = cluster.safeFunctions.length === 0 ? undefined : new SafeFunctions(cluster.safeFunctions);
    this.commitGuard = cluster.transactions.commitGuard;
    this.replay = replayMemory(cluster, parts.processes);
    this.proven = new ProvenLogins(config.auth.verifyIntervalMs);
    this.hold = new HoldQueue(holdOptions(cluster, parts.processes), parts.link.snapshot);
    parts.link.subscribe((snapshot) => this.hold.update(snapshot));
  }

  /** From now on this configuration counts. */
  apply(config: Config): void {
    this.#settings = this.#settingsOf(config);
    const { cluster } = this.#settings;
    this.hold.options = holdOptions(cluster, this.#parts.processes);
    this.proven.verifyIntervalMs = config.auth.verifyIntervalMs;
    this.balancer.keepOnly(new Set(cluster.backends.map(({ name }) => name)));
  }

  get connectTimeoutMs(): number {
    return this.#settings.cluster.pool.connectTimeoutMs;
  }

  get reads(): ReadPromise {
    return this.#settings.reads;
  }

  get allowShutdown(): boolean {
    return this.#settings.cluster.allowShutdown;
  }

  get dial(): ClusterServices['dial'] {
    return this.#settings.dial;
  }

  backendTls(clientUsesTls: boolean): ReturnType<ClusterServices['backendTls']> {
    return this.#parts.tls.backend(this.#settings.cluster, clientUsesTls);
  }

  /** Bound: placement takes it out of here. */
  readonly hasRoom = (backend: string): boolean => {
    const { mostConnections } = this.#settings;
    const most = mostConnections.get(backend) ?? mostConnections.get(configuredName(backend));
    return most === undefined || this.balancer.outstanding(backend) < Math.max(1, Math.floor(most / this.#parts.processes));
  };

  #settingsOf(config: Config): ClusterSettings {
    const cluster = clusterNamed(config, this.name);
    return {
      cluster,
      reads: { consistency: cluster.replicas.consistency, waitBudgetMs: cluster.replicas.waitBudgetMs },
      mostConnections: new Map(cluster.backends.map(({ name, maxConnections }) => [name, maxConnections])),
      dial: announcedDial(cluster, countedDial(this.#parts.stats, config.auth.allowClearText, this.#parts.names)),
    };
  }
}

function replayMemory({ transactions }: ClusterConfig, processes: number): ReplayMemory | undefined {
  if (!transactions.replay) return undefined;
  return new ReplayMemory(transactions.memoryPerSessionBytes, Math.ceil(transactions.memoryBytes / processes));
}

/** Limits are for all processes together. */
function holdOptions({ hold }: ClusterConfig, processes: number): HoldOptions {
  return {
    timeoutMs: hold.timeoutMs,
    maxStatements: Math.ceil(hold.maxStatements / processes),
    maxBytes: Math.ceil(hold.maxBytes / processes),
    drainPerSecond: Math.max(1, hold.drainPerSecond / processes),
  };
}
