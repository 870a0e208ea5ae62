import { armedFor, readTrackersStatement, settingsOf, trackerAssignments } from '../backend/tracker-settings.js';
import { decodeTextRow } from '../protocol/text-row.js';
import type { Attachment } from './attachment.js';
import type { Preparation } from './commands/command-handler.js';
import { type ExchangeEnd, exchangeQuery } from './exchange.js';
import type { Session } from './session.js';

/**
 * A statement that names `session_track_...` must meet the client's own settings of the trackers, not ours: the server is given them for
 * the time of that statement, then asked what they are now, then armed again.
 */
export async function showOwnTrackers(session: Session, attachment: Attachment): Promise<Preparation> {
  const end = await query(session, attachment, `SET ${trackerAssignments(attachment.flavor, session.trackFilter.settings)}`);
  return end.kind === 'lost' ? 'again' : 'ready';
}

/** After that statement; the next command waits until it is done. */
export function takeTrackersBack(session: Session): void {
  const { attachment } = session;
  if (attachment === undefined) return;
  session.phase = 'placing';
  void readAndArm(session, attachment).then(() => {
    if (session.phase !== 'placing' || session.statement !== undefined) return;
    session.phase = 'idle';
    session.nextCommand();
  });
}

async function readAndArm(session: Session, attachment: Attachment): Promise<void> {
  const read = await query(session, attachment, readTrackersStatement(attachment.flavor));
  const row = read.kind === 'ok' ? read.rows[0] : undefined;
  const settings = row === undefined ? undefined : settingsOf(decodeTextRow(row), session.trackFilter.settings);
  if (settings !== undefined) session.trackFilter.settings = settings;
  if (read.kind !== 'lost')
    await query(session, attachment, `SET ${trackerAssignments(attachment.flavor, armedFor(session.trackFilter.settings))}`);
}

function query(session: Session, attachment: Attachment, sql: string): Promise<ExchangeEnd> {
  return exchangeQuery(attachment.connection, sql, session.cluster.connectTimeoutMs);
}
