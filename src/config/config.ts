import type { Address } from './address.js';
import type { ValueOf } from './kinds/kind.js';
import type { WrittenConfig } from './schema.js';
import type { userSection } from './sections/access.js';
import type { backendSection, clusterSection } from './sections/clusters.js';
import type { listenerSection } from './sections/listeners.js';
import type { ruleSection } from './sections/rules.js';

type WrittenListener = ValueOf<typeof listenerSection>;
type WrittenCluster = ValueOf<typeof clusterSection>;
type WrittenBackend = ValueOf<typeof backendSection>;

/** One address clients connect to. */
export interface ListenerConfig extends Omit<WrittenListener, 'name' | 'cluster' | 'tls'> {
  readonly name: string;
  /** Name of a cluster that exists. */
  readonly cluster: string;
  readonly tls: ListenerTlsConfig;
}

/** Paths are absolute; `certFile` and `keyFile` are both set or both not, were readable and fitted each other when loaded. */
export interface ListenerTlsConfig extends Omit<WrittenListener['tls'], 'mode'> {
  readonly mode: 'off' | 'prefer' | 'require';
}

/** One server. */
export interface BackendConfig extends Omit<WrittenBackend, 'name' | 'proxyProtocol'> {
  /** Unique over all clusters. */
  readonly name: string;
  readonly address: Address;
  /** The cluster's where the server has none of its own. */
  readonly proxyProtocol: 'off' | 'v1' | 'v2';
}

/** Servers that hold the same data. */
export interface ClusterConfig extends Omit<WrittenCluster, 'backends'> {
  readonly name: string;
  readonly backends: readonly BackendConfig[];
}

/** An account clients log in with. `allow` undefined: from everywhere. */
export type UserConfig = ValueOf<typeof userSection>;

/** What is done with statements that match. */
export type RuleConfig = ValueOf<typeof ruleSection>;

/**
 * The configuration everything is built from: checked, defaults filled in, references replaced, file paths absolute. Durations are
 * numbers of milliseconds named `…Ms`, sizes numbers of bytes named `…Bytes`. Undefined means: none, no limit, or as the text of the key says.
 */
export interface Config extends Omit<WrittenConfig, '$schema' | 'listeners' | 'clusters'> {
  readonly listeners: readonly ListenerConfig[];
  readonly clusters: readonly ClusterConfig[];
}
