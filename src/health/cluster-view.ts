import { readability } from '../topology/readable.js';
import type { RoleDecision, ServerFacts } from '../topology/roles.js';
import type { BackendView } from '../topology/snapshot.js';
import { leadsTo } from '../topology/sources.js';
import type { BackendWatch } from './backend-watch.js';

/** What the role rules need to know about one watched backend. */
export function serverFacts(watch: BackendWatch, lacksAcknowledged: boolean, fenced: string | undefined): ServerFacts {
  return {
    name: watch.name,
    address: watch.config.address,
    priority: watch.config.priority,
    order: watch.order,
    state: watch.detector.state,
    sample: watch.sample,
    lacksAcknowledged,
    fenced,
  };
}

/** What of a watched backend goes into its view. */
export type Watched = Pick<BackendWatch, 'name' | 'config' | 'detector' | 'sample' | 'identity' | 'latencyMs' | 'lastLagMs'>;

/**
 * The published view of one backend.
 * @param primaryOnline false: there is none, or it is only suspect: perhaps frozen, and the replicas may follow its successor already.
 *   Reads must not stop because of that.
 * @param operator what an operator has ordered for it
 */
export function backendView(
  watch: Watched,
  decision: RoleDecision,
  primaryOnline: boolean,
  maxLagMs: number,
  estimateMs: number | undefined,
  operator?: 'draining' | 'maintenance',
  ownZone?: string,
): BackendView {
  const { name, address, weight, priority, zone } = watch.config;
  const assigned = decision.roles.get(name) ?? { role: 'none' as const, reason: 'not reached yet' };
  const { state: seen, lastError } = watch.detector;
  const state = operator !== undefined && seen !== 'down' ? operator : seen;
  const { primary, sources } = decision;
  const follows = primary !== undefined && leadsTo(name, primary, sources);
  const reads =
    assigned.role === 'replica' && state === 'online' && watch.sample !== undefined
      ? (assigned.reads ??
        readability(
          watch.sample,
          primary !== undefined && primaryOnline,
          follows,
          maxLagMs,
          watch.lastLagMs,
          estimateMs,
          watch.config.readDelayed,
        ))
      : undefined;
  const trouble = seen === 'online' ? undefined : lastError;
  const asked = operator === undefined ? undefined : `${operator}: asked by an operator`;
  const reason = [asked, assigned.reason, reads?.because && `not read from: ${reads.because}`, trouble].filter(Boolean).join('; ');
  return {
    name,
    address,
    weight,
    priority,
    ...(zone !== undefined && ownZone !== undefined && zone !== ownZone && { elsewhere: true }),
    state,
    ...(!watch.detector.known && { unseen: true }),
    role: assigned.role,
    readable: reads?.readable ?? false,
    lagMs: reads?.lagMs,
    latencyMs: watch.latencyMs === undefined ? undefined : Math.round(watch.latencyMs * 100) / 100,
    identity: watch.identity,
    ...(watch.sample?.maxPacketBytes !== undefined && { maxPacketBytes: watch.sample.maxPacketBytes }),
    ...(watch.sample?.idleLimitMs !== undefined && { idleLimitMs: watch.sample.idleLimitMs }),
    ...(watch.sample?.interactiveIdleLimitMs !== undefined && { interactiveIdleLimitMs: watch.sample.interactiveIdleLimitMs }),
    reason,
    lastError,
  };
}

/** True when a reader would act differently: anything but measured lag and latency. */
export function differs(a: BackendView, b: BackendView | undefined): boolean {
  return (
    b === undefined ||
    a.address !== b.address ||
    a.weight !== b.weight ||
    a.priority !== b.priority ||
    a.elsewhere !== b.elsewhere ||
    a.state !== b.state ||
    a.unseen !== b.unseen ||
    a.role !== b.role ||
    a.readable !== b.readable ||
    a.identity !== b.identity ||
    a.maxPacketBytes !== b.maxPacketBytes ||
    a.idleLimitMs !== b.idleLimitMs ||
    a.interactiveIdleLimitMs !== b.interactiveIdleLimitMs ||
    a.reason !== b.reason ||
    a.lastError !== b.lastError
  );
}

/** Of a server nobody has looked at. */
export function unseenView(watch: Pick<Watched, 'config'>): BackendView {
  const { name, address, weight, priority } = watch.config;
  const reason = 'not reached yet';
  const unknown = { lagMs: undefined, latencyMs: undefined, identity: undefined, lastError: undefined };
  return { name, address, weight, priority, state: 'down', unseen: true, role: 'none', readable: false, reason, ...unknown };
}
