import { decodeStmtExecute } from '../../protocol/commands/stmt-execute.js';
import { ProtocolError } from '../../protocol/protocol-error.js';
import { type ClientCommand, joinedPayload } from '../client-command.js';
import type { PreparedStatement } from '../prepared-statements.js';
import type { Session } from '../session.js';
import { type KillWish, killIn } from './kill.js';

/** Bytes of the integer types that a client may send an id as: TINY, SHORT, LONG, LONGLONG, INT24. */
const INTEGER_BYTES: ReadonlyMap<number, number> = new Map([
  [1, 1],
  [2, 2],
  [3, 4],
  [8, 8],
  [9, 4],
]);
/** VARCHAR, VAR_STRING, STRING. */
const TEXTS: ReadonlySet<number> = new Set([15, 253, 254]);

/** What an execution of a prepared KILL asks for, `KILL ?` included; undefined when it is none, or says something that is no id. */
export function killOf(session: Session, prepared: PreparedStatement, command: ClientCommand): KillWish | undefined {
  const kill = killIn(prepared.facts.effects);
  if (kill === undefined || prepared.facts.multi) return undefined;
  const { query, soft } = kill;
  const id = kill.id === '?' ? boundId(session, prepared, command) : kill.id;
  return id === undefined ? undefined : { id, query, soft };
}

function boundId(session: Session, prepared: PreparedStatement, command: ClientCommand): number | undefined {
  if (!command.complete || prepared.parameters !== 1 || prepared.longDataBytes > 0) return undefined;
  try {
    const { types, values, nullBitmap } = decodeStmtExecute(joinedPayload(command), session.identity.capabilities, 1);
    const type = types?.[0]?.type ?? prepared.namedTypes?.[0]?.type ?? prepared.types?.[0];
    if (type === undefined || ((nullBitmap[0] ?? 0) & 1) !== 0) return undefined;
    return numberOf(type, values);
  } catch (error) {
    // What makes no sense to us goes to the server.
    if (error instanceof ProtocolError) return undefined;
    throw error;
  }
}

function numberOf(type: number, values: Buffer): number | undefined {
  const bytes = INTEGER_BYTES.get(type);
  if (bytes !== undefined && values.length >= bytes) {
    const number = bytes === 8 ? Number(values.readBigUInt64LE(0)) : values.readUIntLE(0, bytes);
    return Number.isSafeInteger(number) ? number : undefined;
  }
  const length = values[0] ?? 0;
  const text = TEXTS.has(type) && length < 20 ? values.toString('latin1', 1, 1 + length) : '';
  return /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}
