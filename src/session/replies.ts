import { chosenCollation } from '../backend/chosen-collation.js';
import { NAMES } from '../backend/session-restore.js';
import { type TrackedChanges, trackedChanges } from '../backend/tracked-changes.js';
import { Command } from '../protocol/commands.js';
import { decodeErr, type ErrPacket, encodeErr } from '../protocol/err.js';
import { encodeFrames, HEADER_SIZE, sequenceId } from '../protocol/frame.js';
import { ProtocolError } from '../protocol/protocol-error.js';
import type { FrameRole, ResponseTracker } from '../protocol/response-tracker.js';
import { StatusFlag } from '../protocol/status-flags.js';
import type { StatementFacts } from '../sql/facts.js';
import { AnswerCounts } from './answer-counts.js';
import type { Attachment } from './attachment.js';
import { firstPayload } from './client-command.js';
import { timeExceeded } from './client-errors.js';
import { enterPrepared } from './commands/stmt-prepare.js';
import type { Disturbed } from './diagnostics.js';
import type { CommitGuard } from './guard/commit-guard.js';
import type { GuardedDiagnostics } from './guard/guarded-diagnostics.js';
import { wroteBeyond } from './guard/wants-guard.js';
import type { LeftBehind } from './last-place.js';
import { mayAskForFile } from './local-file.js';
import { ReadPromises } from './read-promises.js';
import { concernsUs, isRefusedAsReadOnly } from './refusal.js';
import type { Session } from './session.js';

/**
 * Looks at the few frames of an answer that tell something (OK, EOF, ERR, prepare-OK, LOCAL INFILE request) before they are forwarded:
 * learns the session's state, hides trackers the client did not ask for, and keeps back refusals that are ours to deal with.
 */
export class Replies {
  readonly #session: Session;
  /** What later reads must see. */
  readonly promises = new ReadPromises();
  /** The answer's last packet was no ERR. */
  lastOk = true;
  /** The server reported a change of session state with the present answer. */
  stateChanged = false;
  cursorOpened = false;
  /** Of the present answer. */
  readonly counts = new AnswerCounts();
  /** The client has asked for LAST_INSERT_ID() by a statement. */
  insertIdAsked = false;
  /** Connections of the last statement, and of the last one that selected: see `last-place`. */
  lastOn: Attachment | undefined;
  foundRowsOn: Attachment | undefined;
  /** What that last statement left: commands that leave it as it was (PREPARE ...) do not count. */
  left: LeftBehind = { ok: true, isResultSet: false, affectedRows: 0n, warnings: 0, told: false };
  /** The client has asked for FOUND_ROWS(), or may have. */
  rowsAsked = false;
  /** The server refused the statement because it may not write: none of it has run. */
  refusedToBegin = false;
  /** An error in other words than the server's: what makes the server say them too, should it be asked. */
  owed: string | undefined;
  /** What the next connection is to give for them, where the one that had them was let go. */
  kept: Disturbed | undefined;
  /** The last statement was a guarded write: what it left to be asked for. */
  guarded: GuardedDiagnostics | undefined;
  /** Sequence id of the last packet that the client has got. */
  lastSequenceId = 0;
  refusal: ErrPacket | undefined;

  constructor(session: Session) {
    this.#session = session;
  }

  takeRefusal(): ErrPacket {
    const { refusal } = this;
    this.refusal = undefined;
    return refusal ?? { code: 1290, sqlState: 'HY000', message: '' };
  }

  /** A new answer begins. */
  begin(): void {
    this.lastOk = true;
    this.stateChanged = false;
    this.cursorOpened = false;
    this.counts.begin();
    this.owed = undefined;
    this.guarded = undefined;
    this.refusedToBegin = false;
  }

  /** See `RelayOwner.replyFrame`. */
  frame(role: FrameRole, frame: Buffer, tracker: ResponseTracker): Buffer | undefined {
    const guard = this.#session.statement?.guard;
    return guard?.wraps === true ? this.#withhold(guard, role, frame, tracker) : this.#frame(role, frame, tracker.statusFlags);
  }

  /** The answer to a write in a transaction of ours: its client gets it once that is committed. */
  #withhold(guard: CommitGuard, role: FrameRole, frame: Buffer, tracker: ResponseTracker): undefined {
    const answer = this.#frame(role, frame, tracker.statusFlags & ~StatusFlag.IN_TRANS);
    guard.failed = role === 'err';
    // A refusal is dealt with first.
    if (answer !== undefined) guard.answer = Buffer.from(answer);
  }

  #frame(role: FrameRole, frame: Buffer, statusFlags: number): Buffer | undefined {
    switch (role) {
      case 'ok':
        this.#noteStatus(statusFlags);
        this.counts.note(frame);
        return this.#ok(frame);
      case 'eof':
        this.#noteStatus(statusFlags);
        this.counts.note(frame);
        // MariaDB announces changes of state in EOF packets too.
        return this.#session.trackFilter.frame(frame);
      case 'err':
        return this.#err(frame);
      case 'prepare-ok':
        if (this.#session.statement?.command.code === Command.STMT_PREPARE) enterPrepared(this.#session, frame);
        return frame;
      case 'local-infile':
        if (!mayAskForFile(this.#session))
          throw new ProtocolError('PM_PROTOCOL_UNEXPECTED', 'local-infile', 'the server asks for a file that no statement named');
        if (this.#session.statement !== undefined) this.#session.statement.infile = true;
        this.#session.streamInfile();
        return frame;
      default:
        return frame;
    }
  }

  #noteStatus(statusFlags: number): void {
    const { attachment, state } = this.#session;
    if (attachment === undefined) return;
    attachment.statusFlags = statusFlags;
    state.autocommit = (statusFlags & StatusFlag.AUTOCOMMIT) !== 0;
    if ((statusFlags & StatusFlag.CURSOR_EXISTS) !== 0) this.cursorOpened = true;
    if ((statusFlags & StatusFlag.DB_DROPPED) !== 0) state.schema = undefined;
  }

  #ok(frame: Buffer): Buffer {
    const session = this.#session;
    if (session.attachment === undefined) return frame;
    const changes = trackedChanges(frame, session.attachment.connection.capabilities);
    if (changes === undefined) return frame;
    this.stateChanged ||= changes.stateChanged === true;
    if (changes.transactionState !== undefined) session.attachment.transactionState = changes.transactionState;
    if (wroteBeyond(changes.transactionState)) session.attachment.record?.giveUp('not-replayable', 'a table without transactions');
    session.state.learn(lasting(changes, session.statement?.facts));
    if (changes.variables?.some(([name]) => name === 'character_set_connection') === true) this.#learnCollation();
    if (changes.gtid !== undefined) this.promises.wrote(session, changes.gtid);
    return session.trackFilter.frame(frame);
  }

  /** SET NAMES ... COLLATE: no server reports the collation. */
  #learnCollation(): void {
    const command = this.#session.statement?.command;
    const { state } = this.#session;
    const text = command === undefined ? undefined : firstPayload(command);
    // The schema's, whatever that is.
    if (text !== undefined && SETS_CHARACTER_SET.test(text.toString('latin1', 0, 256))) state.unreadVariables.add('collation_connection');
    const collation = text === undefined ? undefined : chosenCollation(text);
    if (collation === undefined) return;
    state.learn({ variables: [['collation_connection', collation]] });
    const charset = state.variables.get('character_set_client') ?? '';
    // Results come with that collation too, which no variable says.
    if (collation.startsWith(`${charset}_`)) state.learn({ variables: [[NAMES, `${charset} COLLATE ${collation}`]] });
  }

  #err(frame: Buffer): Buffer | undefined {
    this.lastOk = false;
    const session = this.#session;
    const err = decodeErr(frame.subarray(HEADER_SIZE), session.identity.capabilities);
    session.attachment?.stats.serverError(err.code);
    this.counts.error = err.code;
    const first = session.attachment?.relay.isFirstReply === true;
    this.refusedToBegin = first && isRefusedAsReadOnly(err.code, err.message);
    if (first && concernsUs(session, err)) {
      this.refusal = err;
      return undefined;
    }
    if (isReadOnlyTransaction(session) && isRefusedAsReadOnly(err.code, err.message)) return inReadOnlyTransaction(session, frame);
    if (err.code === INTERRUPTED && session.timeLimit?.expired === true)
      return encodeFrames(encodeErr(timeExceeded(), session.identity.capabilities), sequenceId(frame, 0));
    if (err.code === PACKET_TOO_LARGE && session.attachment !== undefined) session.attachment.hangsUp = true;
    const named = session.statement?.named;
    if (named !== undefined && NAMES_AN_ID.has(err.code)) return renamed(frame, err, named, session.identity.capabilities);
    // After a deadlock the server has rolled the transaction back; ERR packets carry no status flags that would say so.
    if (err.code === 1213 && session.attachment !== undefined) session.attachment.statusFlags &= ~StatusFlag.IN_TRANS;
    return frame;
  }
}

/**
 * What of the trackers' word outlives the statement: SET STATEMENT, NOWAIT, WAIT (MariaDB) and SET_VAR hints (MySQL) make servers report variables as they
 * are for that statement only, and nothing corrects it afterwards (measured).
 */
function lasting(changes: TrackedChanges, facts: StatementFacts | undefined): TrackedChanges {
  if (facts?.passingVariables !== true || changes.variables === undefined) return changes;
  const set = new Set<string>();
  for (const effect of facts.effects) if (effect.kind === 'system-variable') set.add(effect.name);
  const namesSet = facts.effects.some(({ kind }) => kind === 'names');
  const variables = changes.variables.filter(([name]) => set.has(name) || (namesSet && name.startsWith('character_set_')));
  return { ...changes, variables };
}

function isReadOnlyTransaction({ attachment, opening }: Session): boolean {
  if (attachment?.route !== 'replica' || opening.route !== 'split') return false;
  return (attachment.statusFlags & StatusFlag.IN_TRANS_READONLY) !== 0;
}

/** A write in START TRANSACTION READ ONLY: the replica looks at its own read_only first, the primary would name the transaction. */
function inReadOnlyTransaction({ attachment, identity, replies }: Session, frame: Buffer): Buffer {
  const stop = attachment?.flavor === 'mysql' ? '.' : '';
  const err = { code: 1792, sqlState: '25006', message: `Cannot execute statement in a READ ONLY transaction${stop}` };
  replies.owed = `SIGNAL SQLSTATE '${err.sqlState}' SET MYSQL_ERRNO=${err.code},MESSAGE_TEXT='${err.message}'`;
  return encodeFrames(encodeErr(err, identity.capabilities), sequenceId(frame, 0));
}

/** Behind the command byte. */
const SETS_CHARACTER_SET = /^.\s*set\s+(?:character\s+set|charset)\b/is;

/** ER_QUERY_INTERRUPTED */
const INTERRUPTED = 1317;
const PACKET_TOO_LARGE = 1153;

/** Unknown thread, not its owner; unknown prepared statement, no open cursor. */
const NAMES_AN_ID: ReadonlySet<number> = new Set([1094, 1095, 1243, 1421]);

/** An error that names something of the server's, in the words of a client that knows it by another id. */
function renamed(frame: Buffer, err: ErrPacket, named: { readonly server: number; readonly client: number }, capabilities: number): Buffer {
  const message = err.message.replace(new RegExp(`\\b${named.server}\\b`), String(named.client));
  return encodeFrames(encodeErr({ ...err, message }, capabilities), sequenceId(frame, 0));
}
