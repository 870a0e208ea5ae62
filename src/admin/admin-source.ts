import type { AdminAddress } from './admin-address.js';

/** A cluster as it is now; topology's `ClusterSnapshot` fits it. */
export interface ClusterSource {
  readonly cluster: string;
  readonly version: number;
  readonly primary: string | undefined;
  readonly epoch: number;
  readonly backends: readonly BackendSource[];
}

export interface BackendSource {
  readonly name: string;
  readonly address: AdminAddress;
  readonly weight: number;
  readonly priority: number;
  readonly state: string;
  readonly role: string;
  readonly readable: boolean;
  readonly lagMs: number | undefined;
  readonly latencyMs: number | undefined;
  readonly identity: { readonly flavor: string; readonly greetingVersion: string; readonly startedAtMs: number } | undefined;
  readonly reason: string;
  readonly lastError: string | undefined;
}

/** The process group as it is now. */
export interface Overview {
  /** `starting` until all listeners are open. */
  readonly state: 'starting' | 'running' | 'draining';
  readonly listeners: readonly ListenerReport[];
  readonly workers: readonly WorkerReport[];
  /** Logged-in clients by state. */
  readonly clients: { readonly active: number; readonly idle: number; readonly held: number };
  readonly heldStatements: number;
  /** Connections that belong to sessions, by backend. */
  readonly connections: Readonly<Record<string, number>>;
}

export interface ListenerReport {
  readonly name: string;
  /** As it is open: with the real port where 0 was configured. */
  readonly address: string;
  readonly cluster: string;
  readonly route: string;
  readonly open: boolean;
}

/** With `process.workers` 1 there is one entry, the process itself. */
export interface WorkerReport {
  readonly id: number;
  readonly pid: number;
  readonly state: 'starting' | 'running' | 'draining';
  readonly clients: number;
  readonly restarts: number;
}

/** What the admin server shows; `app` offers it. Objects are sent as JSON as they are, so they hold no secrets. */
export interface AdminSource {
  overview(): Overview | Promise<Overview>;
  clusters(): readonly ClusterSource[];
  /** One report per event, newest first. */
  failovers(): readonly object[];
  /** Text in the Prometheus format. */
  metrics(): Promise<string>;
  /** Left out where sessions cannot be listed. */
  sessions?(): Promise<readonly object[]>;
}
