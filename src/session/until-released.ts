import type { Attachment } from './attachment.js';
import { backendList } from './backend-list.js';
import { type ClientError, holdFull, noTarget } from './client-errors.js';
import type { Session } from './session.js';
import type { Statement } from './statement.js';
import { isUnfinished } from './unfinished.js';

/**
 * Holds a statement whose connection is to a primary that hands its role over, or whose cluster is paused, until that is over or the
 * connection is lost.
 * @param deadlineMs `performance.now()`
 * @returns what to answer where the time is up or the hold is full; undefined: look again where it is to go
 */
export function untilReleased(
  session: Session,
  attachment: Attachment,
  deadlineMs: number,
  statement: Statement,
): Promise<ClientError | undefined> {
  const { hold, link } = attachment.cluster;
  const { bytes } = statement.command;
  const full = hold.full(bytes);
  if (full !== undefined) return Promise.resolve(holdFull(full, backendList(link.snapshot)));
  const { clients } = session.services.stats;
  const fromMs = performance.now();
  clients.heldStatements(1);
  session.holding = true;
  statement.heldSinceMs ??= performance.now();
  const over = () =>
    session.connection(attachment.serial) !== attachment || attachment.fitness(isUnfinished(session, attachment)) !== 'hold';
  return new Promise((resolve) => {
    const ticket = hold.wait(bytes, deadlineMs - fromMs, over, (end) => {
      clients.heldStatements(-1);
      session.holding = false;
      session.cancelPlacing = undefined;
      if (end !== 'expired') return resolve(undefined);
      const { pause } = link.snapshot;
      const why = pause === undefined ? `${attachment.backend} hands its role over` : `the cluster is paused by ${pause.by}`;
      resolve(noTarget(performance.now() - fromMs, `${why}; ${backendList(link.snapshot)}`));
    });
    session.cancelPlacing = () => ticket.cancel();
  });
}
