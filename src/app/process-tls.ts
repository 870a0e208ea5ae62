import type { SecureContext } from 'node:tls';
import type { BackendTls } from '../backend/dial-request.js';
import { BackendTlsContext } from '../backend/tls-context.js';
import type { ListenerTls } from '../client/listener-tls.js';
import type { ClusterConfig, ListenerConfig } from '../config/config.js';
import { serverContext } from '../net/server-context.js';
import type { ClusterMaterial, ListenerMaterial, TlsMaterial } from './tls-material.js';

/** The certificates in use in one process. Connections that exist keep what they began with. */
export class ProcessTls {
  #material: TlsMaterial;
  readonly #servers = new Map<string, { readonly of: ListenerMaterial; readonly keys: Buffer; readonly context: SecureContext }>();
  readonly #backends = new Map<string, { readonly of: ClusterMaterial | undefined; readonly context: BackendTlsContext }>();

  constructor(material: TlsMaterial) {
    this.#material = { ...material, listeners: new Map(material.listeners), clusters: new Map(material.clusters) };
  }

  /** New connections use these from now on. */
  update(material: TlsMaterial): void {
    const { listeners, clusters } = this.#material;
    this.#material = { ...material, listeners: kept(listeners, material.listeners), clusters: kept(clusters, material.clusters) };
  }

  /** Encryption of a listener; lives as long as that, and follows `update`. */
  listener(config: ListenerConfig): ListenerTls {
    const { mode, clientCertificate } = config.tls;
    if (mode === 'off') return { mode };
    const asked = (): boolean => this.#material.listeners.get(config.name)?.clientCa !== undefined;
    const current = (): SecureContext => this.#serverContext(config);
    return {
      mode,
      get clientCertificate() {
        return asked() ? clientCertificate : undefined;
      },
      get context() {
        return current();
      },
    };
  }

  /** Encryption towards a cluster's servers, for a client that itself came with or without it. */
  backend({ name, tls: { mode } }: ClusterConfig, clientUsesTls: boolean): BackendTls {
    const wanted = mode === 'mirror' ? (clientUsesTls ? 'prefer' : 'off') : mode;
    return wanted === 'off' ? { mode: wanted } : { mode: wanted, context: this.#backendContext(name, wanted.startsWith('verify')) };
  }

  #serverContext({ name, tls: { minVersion } }: ListenerConfig): SecureContext {
    const material = this.#material.listeners.get(name);
    if (material === undefined) throw new Error(`no certificate for listener ${name}`);
    const { ticketKeys } = this.#material;
    const known = this.#servers.get(name);
    if (known?.of === material && known.keys === ticketKeys) return known.context;
    const context = serverContext({ ...material, minVersion, ticketKeys, name });
    this.#servers.set(name, { of: material, keys: ticketKeys, context });
    return context;
  }

  #backendContext(name: string, verifies: boolean): BackendTlsContext {
    const of = this.#material.clusters.get(name);
    const known = this.#backends.get(name);
    if (known !== undefined && known.of === of) return known.context;
    const context = new BackendTlsContext(of ?? {}, verifies);
    this.#backends.set(name, { of, context });
    return context;
  }
}

/** The new values, but the old object where both say the same: a worker gets copies, and what did not change keeps its sessions. */
function kept<T>(before: ReadonlyMap<string, T>, after: ReadonlyMap<string, T>): ReadonlyMap<string, T> {
  return new Map(
    [...after].map(([name, value]) => {
      const old = before.get(name);
      return [name, old !== undefined && JSON.stringify(old) === JSON.stringify(value) ? old : value];
    }),
  );
}
