import { StatusFlag } from '../protocol/status-flags.js';
import type { HandoverReport } from '../topology/handover-report.js';
import type { Attachment } from './attachment.js';
import { canMoveTransaction } from './replay/move-transaction.js';
import type { Session } from './session.js';
import { isUnfinished } from './unfinished.js';

/**
 * A transaction whose client gives it one statement after the other is hardly ever seen at rest. A statement that began so shortly ago is taken to be about to end; the
 * transaction is moved then.
 */
const RUNNING_FOR_MS = 100;

/**
 * What the sessions of this process have on a server that is to hand its role over.
 * @param withThreads also list the connections with nothing under way
 */
export function sessionsOn(
  sessions: Iterable<Session>,
  cluster: string,
  backend: string,
  version: number,
  withThreads: boolean,
): HandoverReport {
  let running = 0;
  let open = 0;
  let replayable = 0;
  const threads: number[] = [];
  for (const session of sessions) {
    for (const attachment of [session.attachment, ...session.parked]) {
      if (attachment === undefined || attachment.backend !== backend || attachment.cluster.name !== cluster) continue;
      if (isInTheWay(session, attachment)) {
        open += 1;
        if (attachment === session.attachment && canMoveTransaction(session, RUNNING_FOR_MS)) replayable += 1;
      } else if (isWriting(session, attachment)) running += 1;
      else if (withThreads) threads.push(attachment.connection.threadId);
    }
  }
  return { version, running, open, replayable, threads };
}

/** A READ ONLY transaction is not: it ends where it is, whatever becomes of the server's role. */
function isInTheWay(session: Session, attachment: Attachment): boolean {
  if (!isUnfinished(session, attachment)) return false;
  return session.state.locksTables || (attachment.statusFlags & StatusFlag.IN_TRANS_READONLY) === 0;
}

/** A statement that may change something was sent and has not been answered. */
function isWriting({ phase, statement, attachment: present }: Session, attachment: Attachment): boolean {
  if (attachment !== present || (phase !== 'running' && phase !== 'judging')) return false;
  return statement?.sent === true && !statement.read && !statement.stream;
}
