import { setTimeout as sleep } from 'node:timers/promises';
import type { Readiness } from '../admin/readiness.js';
import type { ProcessLog } from '../telemetry/log.js';
import type { AdminDoor } from './admin-door.js';
import type { RunState } from './admin-view.js';
import type { ServiceNotes } from './service-notes.js';
import type { Supervisor } from './supervisor.js';

/** What has to come to its end. */
export interface DrainParts {
  readonly log: ProcessLog;
  readonly supervisor: Supervisor;
  readonly run: RunState;
  readonly readiness: Readiness;
  readonly admin: AdminDoor;
  readonly notes: ServiceNotes;
}

/** How to end. */
export interface DrainWish {
  /** False: new clients are turned away at once, whatever `drain.acceptFor` says: somebody sits there and waits. */
  readonly acceptNew: boolean;
}

/** Ends a process group. */
export interface Drainer {
  /** Settles when all is over; undefined: it has not begun. */
  readonly over: Promise<void> | undefined;
  /** Called once, begins; called again, cuts at once. Settles when all is over. */
  stop(wish: DrainWish): Promise<void>;
}

/**
 * The end of a process group: readiness goes false, new clients are let in for `drain.acceptFor` more, sessions finish what they have
 * begun, and what is left is cut at `drain.timeout`.
 */
export function drainer(parts: DrainParts): Drainer {
  const { log, supervisor, run, readiness, admin, notes } = parts;
  let stopping: Promise<void> | undefined;
  let isCut = false;
  let cutNow: () => void = () => undefined;
  const stop = async ({ acceptNew }: DrainWish) => {
    const { acceptForMs, timeoutMs } = supervisor.config.drain;
    const startedMs = performance.now();
    run.state = 'draining';
    readiness.startDraining();
    void notes.stopping();
    const message = acceptNew
      ? 'draining: not ready any more, new clients are still let in for a while'
      : 'draining: no new clients any more';
    log.info({ acceptForMs: acceptNew && !run.passedOn ? acceptForMs : 0, timeoutMs }, message);
    if (acceptNew && !run.passedOn) await interruptible(Math.min(acceptForMs, timeoutMs), (cut) => (cutNow = cut));
    const leftMs = isCut ? 0 : Math.max(0, timeoutMs - (performance.now() - startedMs));
    cutNow = () => supervisor.cut();
    await supervisor.drain(leftMs);
    await admin.close(run.passedOn);
    log.info({ tookMs: Math.round(performance.now() - startedMs) }, 'drained');
    log.flush();
  };
  return {
    get over() {
      return stopping;
    },
    stop(wish) {
      if (stopping === undefined) stopping = stop(wish);
      else {
        isCut = true;
        cutNow();
      }
      return stopping;
    },
  };
}

/** How often the old process looks whether its last session has gone; workers say twice a second how many they have. */
const LOOK_MS = 1_000;

/**
 * The end of a process that another has replaced: it keeps the sessions it has until they end, for `drain.upgradeTimeout` at most, and
 * drains then. Settles when all is over.
 */
export async function retire(parts: DrainParts, drain: Drainer): Promise<void> {
  const { log, supervisor, run, readiness, admin, notes } = parts;
  run.state = 'draining';
  run.passedOn = true;
  readiness.startDraining();
  notes.end();
  await supervisor.handedOver();
  await admin.close(true);
  const untilMs = performance.now() + supervisor.config.drain.upgradeTimeoutMs;
  const clients = () => supervisor.workers.reduce((sum, worker) => sum + worker.clients, 0);
  log.info({ event: 'upgrade', clients: clients() }, 'upgrade: this process keeps the sessions it has until they end');
  // Twice: what was accepted last may not be counted yet.
  for (let empty = 0; empty < 2 && performance.now() < untilMs && drain.over === undefined; await sleep(LOOK_MS))
    empty = clients() === 0 ? empty + 1 : 0;
  await (drain.over ?? drain.stop({ acceptNew: false }));
}

/** Waits, unless the function handed to `arm` is called. */
function interruptible(ms: number, arm: (cut: () => void) => void): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    arm(() => {
      clearTimeout(timer);
      resolve();
    });
  });
}
