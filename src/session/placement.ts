import { type BackendConnection, type DialFailure, isDialFailure, type LentLogin } from '../backend/dial-request.js';
import type { Credential } from '../protocol/auth/secret.js';
import type { ErrPacket } from '../protocol/err.js';
import { ProtocolError } from '../protocol/protocol-error.js';
import type { BackendView, ClusterSnapshot, TrafficSignal } from '../topology/snapshot.js';
import { backendList } from './backend-list.js';
import { type ClientError, cannotLogIn, holdFull, noFittingServer, noTarget } from './client-errors.js';
import { lackingFor } from './fitting-server.js';
import type { HoldTicket } from './hold-queue.js';
import type { ClientIdentity, ClusterServices, Route } from './services.js';

/** How looking for a backend connection ended. */
export type PlacementEnd =
  | { readonly kind: 'connected'; readonly connection: BackendConnection; readonly login: Credential | LentLogin }
  /** No server in time: answer this. */
  | { readonly kind: 'error'; readonly error: ClientError /** The client's connection cannot go on. */; readonly final?: true }
  /** A server refused the account or schema: its word is final. */
  | { readonly kind: 'denied'; readonly err: ErrPacket }
  /** The session has a connection to the backend that was chosen. */
  | { readonly kind: 'at-hand'; readonly backend: string }
  | { readonly kind: 'cancelled' };

export interface PlacementRequest {
  readonly identity: Omit<ClientIdentity, 'credentials'>;
  /** Tried one after the other while the server denies access. */
  readonly logins: readonly (Credential | LentLogin)[];
  readonly route: Route;
  /** Only this one will do. */
  readonly backend?: string | undefined;
  /** The session has a connection to it already. */
  isAtHand?(backend: string): boolean;
  readonly schema: string | undefined;
  /** What the waiting statement weighs in the hold, bytes. */
  readonly bytes: number;
  /** Not to be used, because it just refused or failed this statement. */
  readonly avoid: string | undefined;
  /** Replicas that do not have what the read must see. */
  readonly tooOld?: ReadonlySet<string> | undefined;
  /** Called with true when it begins to wait for a target and false when it no longer does. */
  held(waiting: boolean): void;
}

/** After a failed dial: this long, doubled each time up to the limit, unless the cluster's view changes first. Milliseconds. */
const FIRST_RETRY_MS = 25;
const LAST_RETRY_MS = 400;

const ACCESS_DENIED = 1045;

/** Server errors that say "not now" rather than "not you": 1040, 1203, 1226 connection limits, 1053 shutdown, 1047 and 1927 not ready. */
const PASSING_ERRORS: ReadonlySet<number> = new Set([1040, 1041, 1047, 1053, 1135, 1203, 1226, 1927, 4031]);

/** A replica that lags may not know the account, its rights or the schema yet; another server may, and the primary's word is final. */
const LAGGING_ERRORS: ReadonlySet<number> = new Set([1044, 1045, 1049, 1130, 1227, 1698]);

/**
 * Finds a backend for one statement or login and opens a connection to it: chooses by route, dials, waits in the cluster's hold while
 * there is no target, tries again after failures, all within the hold's time.
 */
export class Placement {
  readonly #cluster: ClusterServices;
  readonly #request: PlacementRequest;
  readonly #startedAtMs = performance.now();
  #cancelled = false;
  #ticket: HoldTicket | undefined;
  #dialling: { cancel(): void } | undefined;
  #lastFailure = '';
  #lastErr: ErrPacket | undefined;
  /** Replicas that could not be reached just now: a read does not wait for them while another server can take it. */
  #unreachable = new Set<string>();

  constructor(cluster: ClusterServices, request: PlacementRequest) {
    this.#cluster = cluster;
    this.#request = request;
  }

  /** True while the statement waits for a target. */
  get holding(): boolean {
    return this.#ticket !== undefined;
  }

  /** The client went or the session ends: `run` ends with `cancelled`. */
  cancel(): void {
    this.#cancelled = true;
    this.#ticket?.cancel();
    this.#dialling?.cancel();
  }

  async run(): Promise<PlacementEnd> {
    let retryMs = FIRST_RETRY_MS;
    while (!this.#cancelled) {
      const snapshot = this.#cluster.link.snapshot;
      const target = this.#choose();
      if (target === undefined) {
        const misfit = this.#misfit(snapshot);
        if (misfit !== undefined) return misfit;
        const end = await this.#hold(() => this.#choose() !== undefined);
        if (end !== undefined) return end;
        continue;
      }
      if (this.#request.isAtHand?.(target.name) === true) return { kind: 'at-hand', backend: target.name };
      const outcome = await this.#dial(target);
      if (outcome.kind === 'connected' || outcome.kind === 'error') return outcome;
      const denied = outcome.kind === 'denied' ? outcome.err.code : 0;
      if (LAGGING_ERRORS.has(denied) && target.name !== snapshot.primary && this.#hasAnother(target)) continue;
      if (outcome.kind === 'denied' && !PASSING_ERRORS.has(denied)) return outcome;
      if (outcome.kind === 'denied') this.#lastErr = outcome.err;
      if (this.#hasAnother(target)) continue;
      this.#unreachable.clear();
      const retryAtMs = performance.now() + retryMs;
      this.#cluster.hold.lookAgain(retryMs);
      retryMs = Math.min(retryMs * 2, LAST_RETRY_MS);
      const end = await this.#hold((now) => now !== snapshot || performance.now() >= retryAtMs);
      if (end !== undefined) return end;
    }
    return { kind: 'cancelled' };
  }

  /** After a failure: for a read, another server may do. */
  #hasAnother(failed: BackendView): boolean {
    if (this.#request.route !== 'replica' || this.#request.backend !== undefined) return false;
    this.#unreachable.add(failed.name);
    return this.#choose() !== undefined;
  }

  #choose(): BackendView | undefined {
    const { router, link, hasRoom } = this.#cluster;
    const { route, avoid, backend, isAtHand, tooOld } = this.#request;
    const { snapshot } = link;
    const unfit = ({ name }: BackendView) =>
      name === avoid ||
      tooOld?.has(name) === true ||
      this.#unreachable.has(name) ||
      (backend !== undefined && name !== backend) ||
      (!hasRoom(name) && isAtHand?.(name) !== true);
    const exclude = snapshot.backends.filter((each) => unfit(each) || this.#lacks(each) !== '').map(({ name }) => name);
    const target = router.choose(route, snapshot, exclude.length === 0 ? {} : { exclude: new Set(exclude) });
    return target.kind === 'backend' ? target.backend : undefined;
  }

  /** What a server that was seen has too little of for this client, in words; '' for one that fits. */
  #lacks({ name, identity }: BackendView): string {
    if (identity === undefined) return '';
    const lacking = lackingFor(this.#request.identity, identity);
    return lacking.length === 0 ? '' : `${name} (${identity.greetingVersion}) has no ${lacking.join(', ')}`;
  }

  /** The end where there is a server for the route, but none that speaks as this client does: no waiting helps. */
  #misfit(snapshot: ClusterSnapshot): PlacementEnd | undefined {
    const target = this.#cluster.router.choose(this.#request.route, snapshot);
    if (target.kind === 'none') return undefined;
    const lacks = snapshot.backends.map((each) => this.#lacks(each)).filter((text) => text !== '');
    return this.#lacks(target.backend) === '' ? undefined : { kind: 'error', error: noFittingServer(lacks.join('; ')), final: true };
  }

  /** Waits; undefined means go on. */
  #hold(ready: Parameters<ClusterServices['hold']['wait']>[2]): Promise<PlacementEnd | undefined> {
    const { hold } = this.#cluster;
    const waitedMs = performance.now() - this.#startedAtMs;
    const full = hold.full(this.#request.bytes);
    if (full !== undefined) return Promise.resolve({ kind: 'error', error: holdFull(full, this.#detail()) });
    this.#request.held(true);
    return new Promise((resolve) => {
      this.#ticket = hold.wait(this.#request.bytes, hold.timeoutMs - waitedMs, ready, (end) => {
        this.#ticket = undefined;
        this.#request.held(false);
        if (end === 'expired') resolve(this.#expired());
        else resolve(end === 'cancelled' ? { kind: 'cancelled' } : undefined);
      });
    });
  }

  #expired(): PlacementEnd {
    if (this.#lastErr !== undefined) return { kind: 'denied', err: this.#lastErr };
    return { kind: 'error', error: noTarget(performance.now() - this.#startedAtMs, this.#detail()) };
  }

  #detail(): string {
    const list = backendList(this.#cluster.link.snapshot);
    return this.#lastFailure === '' ? list : `${list}; last attempt: ${this.#lastFailure}`;
  }

  async #dial(target: BackendView): Promise<PlacementEnd | { kind: 'failed' }> {
    let end: PlacementEnd | { kind: 'failed' } = { kind: 'failed' };
    for (const login of this.#request.logins) {
      end = await this.#dialWith(target, login);
      if (end.kind !== 'denied' || end.err.code !== ACCESS_DENIED) break;
    }
    return end;
  }

  async #dialWith(target: BackendView, login: Credential | LentLogin): Promise<PlacementEnd | { kind: 'failed' }> {
    const { identity, schema } = this.#request;
    const outcome = await new Promise<BackendConnection | DialFailure>((resolve) => {
      this.#dialling = this.#cluster.dial(
        {
          backend: target.name,
          address: target.address,
          timeoutMs: this.#cluster.connectTimeoutMs,
          tls: this.#cluster.backendTls(identity.usesTls),
          user: identity.user,
          credential: login,
          capabilities: identity.capabilities,
          mariadbCapabilities: identity.mariadbCapabilities,
          charset: identity.charset,
          maxPacketSize: identity.maxPacketSize,
          ...(schema === undefined ? {} : { database: schema }),
          attributes: identity.attributes,
          client: identity.client,
          connectionId: identity.connectionId,
        },
        resolve,
      );
    });
    this.#dialling = undefined;
    if (!isDialFailure(outcome)) {
      const lacking = lackingFor(identity, outcome);
      if (lacking.length === 0) return { kind: 'connected', connection: outcome, login };
      // Another server than the one the monitor saw last.
      outcome.packets.destroy();
      this.#lastFailure = `${target.name} (${outcome.greeting.serverVersion}) has no ${lacking.join(', ')}`;
      return { kind: 'error', error: noFittingServer(this.#lastFailure), final: true };
    }
    if (outcome.kind === 'cancelled') return { kind: 'cancelled' };
    this.#lastFailure = `${target.name}: ${outcome.message}`;
    // The account has a plugin that we, or what is known of its secret, cannot serve; no server would say otherwise.
    if (outcome.cause instanceof ProtocolError && outcome.cause.code === 'PM_PROTOCOL_UNSUPPORTED')
      return { kind: 'denied', err: cannotLogIn(outcome.message) };
    if (outcome.err !== undefined) {
      if (outcome.err.code === 1053) this.#cluster.link.report({ backend: target.name, kind: 'shutdown', detail: outcome.message });
      return { kind: 'denied', err: outcome.err };
    }
    this.#cluster.link.report({ backend: target.name, kind: signalKind(outcome.kind), detail: outcome.message });
    return { kind: 'failed' };
  }
}

function signalKind(kind: DialFailure['kind']): TrafficSignal['kind'] {
  if (kind === 'refused' || kind === 'timeout') return kind;
  return 'reset';
}
