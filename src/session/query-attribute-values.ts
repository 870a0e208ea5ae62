import { isNull, readBinaryValue } from '../protocol/binary-value.js';
import { ByteReader } from '../protocol/byte-reader.js';
import { decodeQuery } from '../protocol/commands/query.js';
import { decodeStmtExecute } from '../protocol/commands/stmt-execute.js';
import { Command } from '../protocol/commands.js';
import { FieldType } from '../protocol/field-types.js';
import type { ParameterType } from '../protocol/parameter-types.js';
import { ProtocolError } from '../protocol/protocol-error.js';
import { joinedPayload } from './client-command.js';
import type { Session } from './session.js';
import type { Statement } from './statement.js';

const NONE: ReadonlyMap<string, string> = new Map();

/** Query attributes of a statement that have a name and a value, as text. Numbers are written out, dates and times are not there. */
export function attributeValues(session: Session, statement: Statement): ReadonlyMap<string, string> {
  if (statement.attributes !== 'some' || !statement.command.complete) return NONE;
  const { capabilities } = session.identity;
  const payload = joinedPayload(statement.command);
  try {
    if (statement.command.code === Command.QUERY) {
      const { attributes } = decodeQuery(payload, capabilities);
      return new Map(attributes.flatMap((each) => named(each, each.value)));
    }
    return ofExecution(statement, payload, capabilities);
  } catch (error) {
    // What makes no sense to us goes to the server, which says so.
    if (error instanceof ProtocolError) return NONE;
    throw error;
  }
}

/** They stand behind the parameters. Where parameters came as long data nobody knows which, and with that where the attributes begin. */
function ofExecution({ prepared }: Statement, payload: Buffer, capabilities: number): ReadonlyMap<string, string> {
  if (prepared === undefined || prepared.longData.length > 0) return NONE;
  const { types = prepared.namedTypes, values, nullBitmap } = decodeStmtExecute(payload, capabilities, prepared.parameters);
  if (types === undefined) return NONE;
  const reader = new ByteReader(values, 'stmt-execute');
  const all = types.map((type, index) => ({ type, value: isNull(nullBitmap, index) ? null : readBinaryValue(reader, type.type) }));
  return new Map(all.slice(prepared.parameters).flatMap(({ type, value }) => named(type, value)));
}

function named({ name, type, unsigned }: ParameterType, value: Buffer | null): [string, string][] {
  const text = value === null ? undefined : textOf(type, unsigned, value);
  return name === undefined || name === '' || text === undefined ? [] : [[String(name), text]];
}

function textOf(type: number, unsigned: boolean, value: Buffer): string | undefined {
  switch (type) {
    case FieldType.TINY:
    case FieldType.SHORT:
    case FieldType.YEAR:
    case FieldType.LONG:
    case FieldType.INT24:
      return String(unsigned ? value.readUIntLE(0, value.length) : value.readIntLE(0, value.length));
    case FieldType.LONGLONG:
      return String(unsigned ? value.readBigUInt64LE() : value.readBigInt64LE());
    case FieldType.FLOAT:
      return String(value.readFloatLE());
    case FieldType.DOUBLE:
      return String(value.readDoubleLE());
    case FieldType.DATE:
    case FieldType.TIME:
    case FieldType.DATETIME:
    case FieldType.TIMESTAMP:
      return undefined;
    default:
      return value.toString('utf8');
  }
}
