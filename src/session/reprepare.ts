import { encodeInitDb } from '../protocol/commands/init-db.js';
import { encodeStmtPrepare } from '../protocol/commands/stmt-prepare.js';
import { Command } from '../protocol/commands.js';
import type { ErrPacket } from '../protocol/err.js';
import type { Attachment } from './attachment.js';
import type { CarriedState } from './carried-state.js';
import { stateLost } from './client-errors.js';
import type { Preparation } from './commands/command-handler.js';
import { rememberFor } from './diagnostics.js';
import { type ExchangeEnd, exchange } from './exchange.js';
import type { PreparedStatement } from './prepared-statements.js';
import type { Session } from './session.js';
import type { Statement } from './statement.js';

/** Prepares a client's statement on a backend connection that does not know it yet. */
export async function reprepare(
  session: Session,
  statement: Statement,
  prepared: PreparedStatement,
  attachment: Attachment,
): Promise<Preparation> {
  if (prepared.handles.has(attachment.serial)) return 'ready';
  const lost = whatIsLost(prepared);
  if (lost !== undefined) {
    session.answerError(stateLost(lost, session.lostOn));
    return 'answered';
  }
  const now = session.state.carried();
  // COM_STMT_PREPARE changes nothing that can be asked for; USE and SET do.
  if (detour(prepared, attachment, now)[0].length > 0) await rememberFor(session, attachment, statement);
  const end = await prepareOn(session, prepared, attachment, now);
  if (end === 'ready') return 'ready';
  if (end === 'lost') return 'again';
  if (attachment.route === 'replica' && !session.inTransaction && statement.order.route !== 'primary') {
    // It lags, and does not know the table yet: the primary took the same text.
    statement.sendToPrimary();
    return 'again';
  }
  session.answerError(end);
  return 'answered';
}

/**
 * The same without a word to the client: the server's ERR.
 * @param now what the connection has
 */
export async function prepareOn(
  session: Session,
  prepared: PreparedStatement,
  attachment: Attachment,
  now: CarriedState,
): Promise<'ready' | 'lost' | ErrPacket> {
  const end = await prepareAsThen(session, attachment, prepared, encodeStmtPrepare({ sql: prepared.text ?? Buffer.alloc(0) }), now);
  if (end.kind === 'lost') return 'lost';
  if (end.kind === 'err') return end.err;
  prepared.handles.set(attachment.serial, { id: end.first.readUInt32LE(1), knowsTypes: false });
  for (const serial of prepared.handles.keys()) if (session.connection(serial) === undefined) prepared.handles.delete(serial);
  return 'ready';
}

/** Where and how a text was prepared first. */
interface PreparedThen {
  readonly schema: string | undefined;
  readonly sqlMode: string | undefined;
}

/** Runs a PREPARE, of either protocol, as it was read when the client said it. */
export async function prepareAsThen(
  session: Session,
  attachment: Attachment,
  then: PreparedThen,
  payload: Buffer,
  now: CarriedState = session.state.carried(),
): Promise<ExchangeEnd> {
  const [before, after] = detour(then, attachment, now);
  let end = await inTurn(session, attachment, before);
  if (end === undefined || end.kind === 'ok') end = await exchange(attachment.connection, payload, session.cluster.connectTimeoutMs);
  const back = end.kind === 'lost' ? end : await inTurn(session, attachment, after);
  return back?.kind === 'lost' ? back : end;
}

/**
 * A statement belongs to the schema of its PREPARE and was read by the sql_mode of then. Where the session has moved on, the connection goes
 * back there for the moment of preparing: its names would mean other tables.
 */
function detour(prepared: PreparedThen, attachment: Attachment, { variables }: CarriedState): [before: Buffer[], after: Buffer[]] {
  const [before, after]: [Buffer[], Buffer[]] = [[], []];
  const { schema } = attachment;
  if (prepared.schema !== undefined && schema !== undefined && prepared.schema !== schema) {
    before.push(encodeInitDb({ database: prepared.schema }));
    after.push(encodeInitDb({ database: schema }));
  }
  const sqlMode = variables.find(([name]) => name === 'sql_mode')?.[1];
  if (prepared.sqlMode !== sqlMode) {
    before.push(setMode(prepared.sqlMode));
    after.push(setMode(sqlMode));
  }
  return [before, after];
}

/** @param mode as a server told it: words and commas; undefined: the session has set none */
function setMode(mode: string | undefined): Buffer {
  return Buffer.concat([Buffer.of(Command.QUERY), Buffer.from(`SET SESSION sql_mode=${mode === undefined ? 'DEFAULT' : `'${mode}'`}`)]);
}

/** Sends commands one by one; gives the first end that is not ok, undefined where there was nothing to send. */
async function inTurn(session: Session, { connection }: Attachment, payloads: readonly Buffer[]): Promise<ExchangeEnd | undefined> {
  let end: ExchangeEnd | undefined;
  for (const payload of payloads) {
    end = await exchange(connection, payload, session.cluster.connectTimeoutMs);
    if (end.kind !== 'ok') return end;
  }
  return end;
}

function whatIsLost(prepared: PreparedStatement): string | undefined {
  if (prepared.text === undefined) return `prepared statement ${prepared.id}, whose text was too large to keep`;
  if (prepared.unkeptLongDataConnection !== 0) return `long data of prepared statement ${prepared.id}, too large to keep`;
  return undefined;
}
