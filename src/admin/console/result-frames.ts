import { Capability, has } from '../../protocol/capabilities.js';
import { type ColumnDefinition, encodeColumnDefinition } from '../../protocol/column-definition.js';
import { encodeEof } from '../../protocol/eof.js';
import { FieldType } from '../../protocol/field-types.js';
import { encodeFrames } from '../../protocol/frame.js';
import { encodeOk } from '../../protocol/ok.js';
import { encodeResultHeader } from '../../protocol/result-header.js';
import { StatusFlag } from '../../protocol/status-flags.js';
import { encodeTextRow } from '../../protocol/text-row.js';
import type { ResultTable, Value } from './result.js';

/** utf8mb4_general_ci, and binary for numbers. */
const UTF8MB4 = 45;
const BINARY = 63;

/** What both sides agreed on at login. */
export interface Agreed {
  readonly capabilities: number;
  readonly mariadbCapabilities: number;
}

/** An OK. */
export function okPayload({ capabilities }: Agreed, info = '', header: 0x00 | 0xfe = 0x00): Buffer {
  const ok = { affectedRows: 0n, insertId: 0n, statusFlags: StatusFlag.AUTOCOMMIT, warnings: 0, sessionTrack: undefined };
  return encodeOk({ ...ok, info: Buffer.from(info) }, capabilities, header);
}

/**
 * A text result set: https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_com_query_response_text_resultset.html
 * @returns its frames, the first with `firstSequenceId`
 */
export function resultFrames(table: ResultTable, agreed: Agreed, firstSequenceId: number): Buffer {
  const { capabilities, mariadbCapabilities } = agreed;
  const payloads = [encodeResultHeader({ columns: table.columns.length, definitionsFollow: true }, capabilities, mariadbCapabilities)];
  table.columns.forEach((name, index) => {
    payloads.push(encodeColumnDefinition(definition(name, isNumeric(table, index)), mariadbCapabilities));
  });
  const eof = encodeEof({ warnings: 0, statusFlags: StatusFlag.AUTOCOMMIT }, capabilities);
  const deprecated = has(capabilities, Capability.DEPRECATE_EOF);
  if (!deprecated) payloads.push(eof);
  for (const row of table.rows) payloads.push(encodeTextRow(row.map(bytesOf)));
  payloads.push(deprecated ? okPayload(agreed, '', 0xfe) : eof);
  return Buffer.concat(payloads.map((payload, index) => encodeFrames(payload, (firstSequenceId + index) & 0xff)));
}

function isNumeric({ rows }: ResultTable, index: number): boolean {
  return rows.length > 0 && rows.every((row) => typeof row[index] === 'number') && rows.some((row) => row[index] !== null);
}

function definition(name: string, numeric: boolean): ColumnDefinition {
  return {
    catalog: 'def',
    schema: '',
    table: '',
    orgTable: '',
    name,
    orgName: '',
    extendedType: Buffer.alloc(0),
    charset: numeric ? BINARY : UTF8MB4,
    length: numeric ? 22 : 65_535,
    type: numeric ? FieldType.DOUBLE : FieldType.VAR_STRING,
    flags: 0,
    decimals: numeric ? 31 : 0,
  };
}

function bytesOf(value: Value): Buffer | null {
  return value === null ? null : Buffer.from(String(value));
}
