import { Capability, has } from '../protocol/capabilities.js';
import { type ClientError, inactive } from './client-errors.js';
import type { Session } from './session.js';

/**
 * How long the client may be idle before a server ends its connection: `wait_timeout` of the session where it set one, else what new
 * sessions begin with on the server that it has, would get, or had. Undefined: no server has said so yet.
 */
export function idleLimitMs({ state, identity, cluster, attachment }: Session): number | undefined {
  const own = Number(state.variables.get('wait_timeout'));
  if (own > 0) return own * 1000;
  const { backends, primary } = cluster.link.snapshot;
  const name = attachment?.backend ?? primary;
  const view = backends.find((each) => each.name === name) ?? backends.find((each) => each.idleLimitMs !== undefined);
  return has(identity.capabilities, Capability.INTERACTIVE) ? view?.interactiveIdleLimitMs : view?.idleLimitMs;
}

/** When bytes came from a client last; one for all sessions of a process. A look takes a few comparisons a session. */
export class IdleWatch {
  readonly #seen = new WeakMap<Session, { bytesRead: number; sinceMs: number }>();

  /**
   * Ends the sessions that have been idle for too long without a server connection: nobody else would. Where there is one, its server
   * ends it, at its own time. Call it about once a second.
   * @param nowMs `performance.now()`
   */
  look(sessions: Iterable<Session>, nowMs: number): void {
    for (const session of sessions) {
      if (session.phase !== 'idle' || session.attachment !== undefined) continue;
      const { bytesRead } = session.client;
      const seen = this.#seen.get(session);
      if (seen?.bytesRead !== bytesRead) {
        // What came before the server connection went away counts from the last answer.
        this.#seen.set(session, { bytesRead, sinceMs: seen === undefined ? Math.min(session.restingSinceMs, nowMs) : nowMs });
        if (seen !== undefined) continue;
      }
      const limitMs = idleLimitMs(session);
      const sinceMs = this.#seen.get(session)?.sinceMs ?? nowMs;
      if (limitMs !== undefined && nowMs - sinceMs >= limitMs) endIdle(session);
    }
  }
}

/** As its server would: MySQL from 8.0.24 on with 4031, others without a word. */
function endIdle(session: Session): void {
  const { backends, primary } = session.cluster.link.snapshot;
  const { identity } = backends.find(({ name }) => name === primary) ?? backends.find((each) => each.identity !== undefined) ?? {};
  session.services.log.debug({ session: session.opening.id }, 'idle for wait_timeout without a server connection: ended as a server would');
  const error = sayGoodbye(identity?.flavor, identity?.greetingVersion ?? '');
  if (error === undefined) session.endWithFrame(undefined);
  else session.endWith(error);
}

function sayGoodbye(flavor: string | undefined, version: string): ClientError | undefined {
  const [major = 0, minor = 0, patch = 0] = version.split(/[^0-9]+/, 3).map(Number);
  const since = major * 1_000_000 + minor * 1000 + patch;
  return flavor === 'mysql' && since >= 8_000_024 ? inactive() : undefined;
}
