import type { HandoverReport } from '../topology/handover-report.js';
import type { Attachment } from './attachment.js';
import type { Session } from './session.js';
import { isUnfinished } from './unfinished.js';

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
  const threads: number[] = [];
  for (const session of sessions) {
    for (const attachment of [session.attachment, ...session.parked]) {
      if (attachment === undefined || attachment.backend !== backend || attachment.cluster.name !== cluster) continue;
      if (isUnfinished(session, attachment)) open += 1;
      else if (isWriting(session, attachment)) running += 1;
      else if (withThreads) threads.push(attachment.connection.threadId);
    }
  }
  return { version, running, open, replayable: 0, threads };
}

/** A statement that may change something was sent and has not been answered. */
function isWriting({ phase, statement, attachment: present }: Session, attachment: Attachment): boolean {
  if (attachment !== present || (phase !== 'running' && phase !== 'judging')) return false;
  return statement?.sent === true && !statement.read && !statement.stream;
}
