import { trackedChanges } from '../../backend/tracked-changes.js';
import { decodeErr, encodeErr } from '../../protocol/err.js';
import { encodeFrames, HEADER_SIZE, sequenceId } from '../../protocol/frame.js';
import { decodeOk, encodeOk } from '../../protocol/ok.js';
import { StatusFlag } from '../../protocol/status-flags.js';
import type { Attachment } from '../attachment.js';
import { exchangeQuery } from '../exchange.js';
import type { Session } from '../session.js';
import type { CommitGuard } from './commit-guard.js';
import { noteWarnings } from './guarded-diagnostics.js';

/** A commit takes as long as it takes: semi-synchronous replicas, locks, slow disks. Milliseconds. */
const NO_LIMIT_MS = 2 ** 31 - 1;

/** Whatever `completion_type` says. */
const COMMIT = 'COMMIT AND NO CHAIN NO RELEASE';
const ROLLBACK = 'ROLLBACK AND NO CHAIN NO RELEASE';

/** A wrapped write was answered, and its client does not know yet: our transaction around it is ended first. */
export async function commitWithheld(session: Session): Promise<void> {
  const { statement, attachment } = session;
  const guard = statement?.guard;
  if (statement === undefined || attachment === undefined || guard?.answer === undefined) return;
  const { connection } = attachment;
  // Where the connection is lost, `repoint` has taken over.
  const isOver = () => session.phase !== 'running' || session.statement !== statement || session.attachment !== attachment;
  if (!guard.failed && !(await noteWarnings(session, attachment, guard.answer))) return;
  if (isOver()) return;
  guard.committing = !guard.failed;
  const end = await exchangeQuery(connection, guard.failed ? ROLLBACK : COMMIT, NO_LIMIT_MS);
  if (end.kind === 'lost' || isOver()) return;
  if (end.kind === 'ok')
    return pass(session, guard.failed ? guard.answer : committed(session, attachment, guard, end.first), !guard.failed);
  const { identity } = session;
  const undone = await exchangeQuery(connection, ROLLBACK, NO_LIMIT_MS);
  if (undone.kind === 'lost' || isOver()) return;
  pass(session, encodeFrames(encodeErr(end.err, identity.capabilities), sequenceId(guard.answer, 0)), false);
}

/** The write's own OK, with what COMMIT's has to say about the session (its GTID, for instance). */
function committed(session: Session, attachment: Attachment, { answer }: CommitGuard, commit: Buffer): Buffer {
  const { trackFilter, replies, identity } = session;
  const frame = encodeFrames(commit, 0);
  const gtid = trackedChanges(frame, attachment.connection.capabilities)?.gtid;
  if (gtid !== undefined) replies.promises.wrote(session, gtid);
  const own = answer as Buffer;
  const [first, second] = [own, trackFilter.frame(frame)].map((each) => decodeOk(each.subarray(HEADER_SIZE), identity.capabilities));
  return encodeFrames(encodeOk(joined(first as Ok, second as Ok), identity.capabilities, 0x00), sequenceId(own, 0));
}

type Ok = ReturnType<typeof decodeOk>;

function joined(write: Ok, commit: Ok): Ok {
  const items = [...(write.sessionTrack ?? []), ...(commit.sessionTrack ?? [])];
  return { ...write, statusFlags: write.statusFlags & ~StatusFlag.IN_TRANS, sessionTrack: items.length === 0 ? undefined : items };
}

/** Gives the client its answer. */
export function pass(session: Session, frame: Buffer, ok: boolean): void {
  const { attachment, identity } = session;
  if (!ok) session.replies.lastOk = false;
  if (!ok && frame[HEADER_SIZE] === 0xff) owe(session, frame, identity.capabilities);
  session.client.write(frame);
  session.finish(ok);
  // ROLLBACK and COMMIT have left other diagnostics there.
  if (attachment !== undefined) attachment.transactionState = undefined;
}

/** SHOW WARNINGS behind a statement that failed shows its error, which our ROLLBACK has taken away. */
function owe(session: Session, frame: Buffer, capabilities: number): void {
  const { code, sqlState, message } = decodeErr(frame.subarray(HEADER_SIZE), capabilities);
  const text = message.slice(0, 128).replaceAll('\\', '\\\\').replaceAll("'", "''");
  session.replies.owed = `SIGNAL SQLSTATE '${sqlState === '' ? 'HY000' : sqlState}' SET MYSQL_ERRNO=${code},MESSAGE_TEXT='${text}'`;
}
