import { joinedPayload } from '../client-command.js';
import type { RecordedStatement } from './transaction-record.js';

/** What may make an OK name an id that the server did not generate for this statement. */
const UNSURE = /\bduplicate\b|\bselect\b|\bload\b|\bignore\b|last_insert_id|@/i;

/** Longer statements are not looked through. */
const MOST_BYTES = 65_536;

/**
 * Is a recorded statement to be given its id again by `SET insert_id`? `yes`: the server generated it; `perhaps`: it may have come from the
 * statement itself (then a forced id stays behind unused, and would meet the next insert); `no`: there was none.
 */
export function forcesInsertId({ statement, insertId }: RecordedStatement): 'yes' | 'perhaps' | 'no' {
  const { facts, prepared, command } = statement;
  if (insertId === 0n || facts === undefined || facts.multi || facts.kind !== 'write') return 'no';
  if (command.bytes > MOST_BYTES) return 'perhaps';
  const payload = joinedPayload(command);
  if (prepared === undefined) {
    const text = payload.toString('latin1');
    return UNSURE.test(text) || text.includes(String(insertId)) ? 'perhaps' : 'yes';
  }
  if (holds(payload, insertId) || UNSURE.test(prepared.text?.toString('latin1') ?? '@')) return 'perhaps';
  return 'yes';
}

/** A parameter's value, as a number of any width or as digits. */
function holds(payload: Buffer, id: bigint): boolean {
  const wide = Buffer.alloc(8);
  wide.writeBigUInt64LE(BigInt.asUintN(64, id));
  const width = id < 0x100n ? 1 : id < 0x10000n ? 2 : id < 0x1_0000_0000n ? 4 : 8;
  // Behind command, statement id, flags and iteration count.
  return payload.indexOf(wide.subarray(0, width), 10) >= 0 || payload.indexOf(String(id), 10, 'latin1') >= 0;
}
