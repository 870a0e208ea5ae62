import { holds, type Position, parsePosition } from '../topology/position.js';
import { replicaOf, type ServerSample } from '../topology/sample.js';
import type { Handover } from '../topology/snapshot.js';
import type { BackendWatch } from './backend-watch.js';
import { ControlLink } from './control-link.js';
import { type Lease, LeaseLostError } from './coordination/coordinator.js';
import { drainSessions } from './drain-sessions.js';
import type { EventKeeper } from './event-keeper.js';
import type { FailoverContext } from './failover-context.js';
import { followPrimary, followStatements, followTargets } from './follow-primary.js';
import type { HandoverPhase } from './handover-progress.js';
import { OperatorError } from './operator-error.js';
import { walkPromotion } from './promotion-walk.js';
import { blockedByLocks, killClients, setReadOnly, setWritable, takeLock } from './server-changes.js';

const pollMs = 4;
/** Putting things back gets this long beyond the budget. */
const undoMs = 10_000;
/** A server that is down for this long on the way is not waited for. */
const goneMs = 500;

/** One planned move. */
export interface SwitchoverOrder {
  readonly id: string;
  readonly from: BackendWatch;
  readonly to: BackendWatch;
  /** The end of the time for all up to the release, monotonic ms. */
  readonly untilMs: number;
  readonly force: boolean;
  readonly tell: (phase: HandoverPhase, detail: string) => void;
  /** Part of the snapshot from its next publication on. */
  readonly publish: (handover: Handover | undefined) => void;
}

interface Links {
  readonly from: ControlLink;
  readonly to: ControlLink;
}

/**
 * Carries out one planned move. Before the old primary is made read-only it is told its future source, with both threads stopped: such a
 * ring of two is found by whoever comes after a proxy that was killed midway, and is put in order (succession.ts, rejoin.ts).
 */
export class SwitchoverRun {
  readonly #context: FailoverContext;
  readonly #events: EventKeeper;
  readonly #order: SwitchoverOrder;
  readonly #warnings: string[] = [];
  /** What has been done and would have to be undone. */
  #marked = false;
  #readOnly = false;
  #heldMs: number | undefined;
  #seenReadOnly: Promise<unknown> | undefined;
  /** The new primary as it was seen last before it became that. */
  #successor: ServerSample | undefined;
  /** A second connection to the old primary, for putting things back. */
  #undoing: ControlLink | undefined;

  constructor(context: FailoverContext, events: EventKeeper, order: SwitchoverOrder) {
    this.#context = context;
    this.#events = events;
    this.#order = order;
  }

  /** @throws OperatorError when all was put back */
  async run(): Promise<{ readonly pauseMs: number; readonly warnings: readonly string[] }> {
    const lease = await this.#context.coordinator.acquire();
    if (lease === undefined) {
      throw new OperatorError('PM_HEALTH_NOT_NOW', 'no switchover: another proxy is changing this cluster just now; try again in a moment');
    }
    try {
      return await this.#withLease(lease);
    } finally {
      await lease.release();
    }
  }

  async #withLease(lease: Lease): Promise<{ readonly pauseMs: number; readonly warnings: readonly string[] }> {
    const { options } = this.#context;
    const { from, to } = this.#order;
    const opened = await Promise.allSettled([ControlLink.open(from, options, lease), ControlLink.open(to, options, lease)]);
    const links = opened.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
    try {
      const [fromLink, toLink] = links;
      const failed = opened.find((each) => each.status === 'rejected');
      if (fromLink === undefined || toLink === undefined || failed !== undefined)
        throw new OperatorError('PM_HEALTH_NOT_NOW', `no switchover: ${failed?.reason}`);
      return await this.#guarded({ from: fromLink, to: toLink }, lease);
    } finally {
      for (const link of links) link.close();
    }
  }

  async #guarded(links: Links, lease: Lease): Promise<{ readonly pauseMs: number; readonly warnings: readonly string[] }> {
    const watchdog = setInterval(() => this.#cutGone(links), goneMs / 4);
    try {
      return await this.#carryOut(links, lease);
    } finally {
      clearInterval(watchdog);
    }
  }

  async #carryOut(links: Links, lease: Lease): Promise<{ readonly pauseMs: number; readonly warnings: readonly string[] }> {
    const { recorder } = this.#context.history;
    const { from, to, tell } = this.#order;
    try {
      await this.#prepare(links);
      recorder.begin(from.name, Date.now(), `switchover to ${to.name}, asked for by an operator`);
      this.#context.history.planned = true;
      await this.#stopWrites(links);
      await this.#promote(links);
    } catch (error) {
      await this.#undo(links, lease, error);
    } finally {
      this.#context.history.planned = false;
    }
    const pauseMs = Math.round(performance.now() - (this.#heldMs ?? performance.now()));
    tell('release', `${to.name} takes writes; new ones were held for ${pauseMs} ms`);
    await this.#repoint(links, lease);
    tell('done', `${to.name} is primary`);
    return { pauseMs, warnings: this.#warnings };
  }

  /** A frozen server answers a statement when it wakes, if ever; clients are held all the while. */
  #cutGone(links: Links): void {
    const nowMs = performance.now();
    for (const side of ['from', 'to'] as const) {
      const { name, detector } = this.#order[side];
      if (detector.state !== 'down' || nowMs - detector.sinceMs < goneMs) continue;
      const gone = new Error(`${name} does not answer any more`);
      links[side].cut(gone);
      if (side === 'from') this.#undoing?.cut(gone);
    }
  }

  #leftMs(): number {
    return this.#order.untilMs - performance.now();
  }

  #inTime(what: string): void {
    if (this.#leftMs() <= 0) throw new Error(`the time is up: ${what}`);
    if (!this.#context.running) throw new Error('the proxy is being stopped');
  }

  /** Nothing of this is felt by clients. */
  async #prepare({ from, to }: Links): Promise<void> {
    const { options, watches } = this.#context;
    const order = this.#order;
    order.tell('prepare', `${order.to.name} is to follow ${order.from.name} as primary`);
    if (!(await takeLock(from, options.cluster)) || !(await takeLock(to, options.cluster)))
      throw new Error('another proxy is changing this cluster');
    // However far it is behind is how long clients would have to wait.
    for (;;) {
      const sample = await from.look();
      const beganMs = performance.now();
      await this.#untilHas(to, parsePosition(sample.flavor, sample.executed));
      if (performance.now() - beganMs < 200) break;
    }
    const primarySample = await to.look();
    this.#successor = primarySample;
    const member = await from.look();
    if (member.readOnly) throw new Error(`${order.from.name} is read-only`);
    const tls = watches.some((each) => replicaOf(each.sample)?.tls === true);
    const [target] = followTargets(this.#context, { member, primary: order.to, primarySample });
    if (target === undefined) throw new Error(`nobody knows how to reach ${order.to.name}`);
    this.#marked = true;
    // Its threads are stopped by us, should this not come to its end.
    this.#context.stopped.add(order.from.name);
    await from.change(followStatements(from, { ...target, tls }, from.flavor === 'mariadb', false).join('; '));
  }

  async #stopWrites({ from, to }: Links): Promise<void> {
    const { id, from: old, to: fresh, tell, publish, force } = this.#order;
    const leftMs = this.#leftMs();
    // Half of it is for those who cannot be replayed; the rest must do for the servers.
    const drainUntilMs = performance.now() + leftMs / 2;
    const base = { id, from: old.name, to: fresh.name, untilMs: Date.now() + leftMs / 2 };
    this.#heldMs = performance.now();
    tell('drain', 'new writes are held, what is open goes on');
    const drained = await drainSessions(this.#context, {
      backend: old.name,
      untilMs: drainUntilMs,
      force,
      publish: (phase) => {
        publish({ ...base, phase });
        this.#context.evaluate();
      },
      keepAlive: async () => {
        await Promise.all([from.run('DO 0'), to.run('DO 0')]);
        this.#inTime('draining');
        if (old.detector.state === 'down') throw new Error(`${old.name} does not answer any more`);
      },
    });
    tell('read-only', `drained (${drained}); ${old.name} takes no more writes`);
    this.#readOnly = true;
    await this.#makeReadOnly(from, old);
    // Its last sample shows it writable: should the new primary die at once, it would be taken for the primary.
    this.#seenReadOnly = old.look(false);
  }

  /** Locks and commits under way hold the flags up; those who hold them for longer than a second are cut off. */
  async #makeReadOnly(from: ControlLink, old: BackendWatch): Promise<void> {
    for (;;) {
      this.#inTime(`${old.name} did not become read-only`);
      try {
        return await setReadOnly(from);
      } catch (error) {
        if (!blockedByLocks(error)) throw error;
        const { threads } = await this.#context.options.sessionsOn(old.name, true);
        const killed = await killClients(from, [
          from.threadId,
          ...from.ownThreads(old.name),
          ...(old.threadId === undefined ? [] : [old.threadId]),
          ...threads,
        ]);
        this.#warnings.push(`${killed} connection(s) to ${old.name} that held locks were killed`);
      }
    }
  }

  async #promote({ from, to }: Links): Promise<void> {
    const { from: old, to: fresh, tell } = this.#order;
    let wanted = parsePosition(from.flavor, (await from.look()).executed);
    for (let round = 0; ; round += 1) {
      tell('catch-up', `${fresh.name} catches up`);
      await this.#untilHas(to, wanted);
      const now = parsePosition(from.flavor, (await from.look()).executed);
      if (holds(wanted, now)) break;
      // MariaDB: accounts with READ_ONLY ADMIN (or SUPER before 10.11) write all the same.
      if (round === 2) throw new Error(`somebody writes to ${old.name} although it is read-only`);
      const { threads } = await this.#context.options.sessionsOn(old.name, true);
      const killed = await killClients(from, [
        from.threadId,
        ...from.ownThreads(old.name),
        ...(old.threadId === undefined ? [] : [old.threadId]),
        ...threads,
      ]);
      this.#warnings.push(`${killed} connection(s) to ${old.name} were killed, because one of them wrote although it is read-only`);
      wanted = parsePosition(from.flavor, (await from.look()).executed);
    }
    tell('promote', `${fresh.name} has everything and is made primary`);
    const stop = () => (this.#leftMs() <= 0 ? 'the time is up' : undefined);
    await walkPromotion(this.#context, to, fresh, stop, Math.max(1, this.#leftMs()));
    const semiSync = await this.#context.semiSync.promoted(fresh, to);
    if (semiSync !== undefined) tell('promote', semiSync);
    await this.#seenReadOnly;
    this.#order.publish(undefined);
    await fresh.look(false);
    if (fresh.sample?.readOnly !== false) throw new Error(`${fresh.name} is not writable after all`);
  }

  async #untilHas(link: ControlLink, wanted: Position): Promise<void> {
    for (;;) {
      const sample = await link.look();
      if (holds(parsePosition(sample.flavor, sample.executed), wanted)) return;
      const replica = replicaOf(sample);
      if (replica?.applier !== true) throw new Error(`the applier of ${this.#order.to.name} stopped: ${replica?.applierError ?? ''}`);
      if (replica.receiver === 'No') throw new Error(`the receiver of ${this.#order.to.name} stopped: ${replica.receiverError}`);
      this.#inTime(`${this.#order.to.name} did not catch up`);
      await new Promise((resolve) => setTimeout(resolve, pollMs));
    }
  }

  /** Puts all back. @throws always, unless the new primary is writable: then it stays. */
  async #undo(links: Links, lease: Lease, error: unknown): Promise<void> {
    const why = error instanceof Error ? error.message : String(error);
    const { from: old, to: fresh, tell, publish } = this.#order;
    const { recorder } = this.#context.history;
    if (error instanceof LeaseLostError) {
      publish(undefined);
      const text = `given up: ${why}; whoever has the lease now puts the servers in order`;
      tell('aborted', text);
      throw new OperatorError('PM_HEALTH_ABORTED', `switchover ${text}`);
    }
    if (this.#readOnly && (await this.#isWritable(links.to))) {
      // The step that failed came after the one that counts.
      this.#warnings.push(`after ${fresh.name} had become writable: ${why}`);
      this.#context.history.appoint(fresh.name);
      publish(undefined);
      await fresh.look(false);
      return;
    }
    const put: string[] = [];
    let isBack = true;
    const isGone = old.detector.state === 'down';
    const link = isGone ? links.from : await ControlLink.open(old, this.#context.options, lease).catch(() => links.from);
    this.#undoing = link;
    try {
      if (this.#readOnly) await retried(() => setWritable(link));
      if (this.#readOnly) put.push('writable');
      publish(undefined);
      await old.look(false);
      if (this.#marked) await link.change(`${link.words.stop}; ${link.words.forget}`);
      this.#context.stopped.delete(old.name);
      put.push('as before');
    } catch (failed) {
      isBack = false;
      put.push(`could not be put back: ${failed instanceof Error ? failed.message : String(failed)}`);
    } finally {
      publish(undefined);
      if (link !== links.from) link.close();
    }
    const text = `given up: ${why}; ${old.name} is ${put.join(', ')}`;
    tell('aborted', text);
    // Else the story goes on: somebody has to become primary.
    if (isBack) recorder.end('aborted', old.name, Date.now());
    throw new OperatorError('PM_HEALTH_ABORTED', `switchover ${text}`);
  }

  async #isWritable(link: ControlLink): Promise<boolean> {
    try {
      return !(await link.look()).readOnly;
    } catch {
      await this.#order.to.look(true);
      return this.#order.to.detector.state === 'online' && this.#order.to.sample?.readOnly === false;
    }
  }

  /** Everybody else follows the new primary; who does not is told of, and tried again by rejoin.ts in `promote` mode. */
  async #repoint(links: Links, lease: Lease): Promise<void> {
    const { from, to, tell } = this.#order;
    const { watches, decision } = this.#context;
    await this.#events.wake(to, links.to).catch((error: unknown) => {
      this.#warnings.push(`the scheduled events of ${to.name}: ${error instanceof Error ? error.message : String(error)}`);
    });
    const others = watches.filter((watch) => watch !== from && watch !== to && decision.sources.get(watch.name) === from.name);
    tell('repoint', `${[from, ...others].map(({ name }) => name).join(', ')} are to follow ${to.name}`);
    await Promise.all([
      this.#follow(from, lease, from.identity?.flavor === 'mariadb'),
      ...others.map((watch) => this.#follow(watch, lease, false)),
    ]);
  }

  async #follow(watch: BackendWatch, lease: Lease, adopt: boolean): Promise<void> {
    const { to, tell } = this.#order;
    try {
      const link = await ControlLink.open(watch, this.#context.options, lease);
      try {
        // Also where it has died meanwhile: those who cannot reach it are the witnesses of its death.
        const primarySample = to.sample ?? this.#successor;
        if (primarySample === undefined) throw new Error(`${to.name} does not answer`);
        const order = { name: watch.name, member: await link.look(), primary: to, primarySample, adopt };
        const at = await followPrimary(this.#context, link, order);
        this.#context.stopped.delete(watch.name);
        tell('repoint', `${watch.name} follows ${to.name} at ${at}`);
      } finally {
        link.close();
      }
    } catch (error) {
      const text = `${watch.name} does not follow ${to.name} yet: ${error instanceof Error ? error.message : String(error)}`;
      this.#warnings.push(text);
      tell('repoint', text);
    } finally {
      void watch.look(false);
    }
  }
}

/** A server that is to be writable again may be short of breath. */
async function retried(run: () => Promise<void>): Promise<void> {
  const untilMs = performance.now() + undoMs;
  for (;;) {
    try {
      return await run();
    } catch (error) {
      if (error instanceof LeaseLostError || performance.now() > untilMs || !blockedByLocks(error)) throw error;
    }
  }
}
