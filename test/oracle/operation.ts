import { COM, command, execute, type Parameter, query } from '../proxy/payloads.js';

/** A binary parameter as it is written down: `null` is NULL, `long` was sent before by long data. */
export interface WrittenParameter {
  readonly type: number;
  readonly unsigned?: boolean;
  /** Wire bytes in hex. */
  readonly hex: string | null | 'long';
}

/** One thing that a client does. Plain data, so that a sequence can be printed, cut down and played again. */
export type Operation = (
  | {
      readonly do: 'query';
      readonly sql: string /** One byte a character, as a client of another charset sends it. Default: UTF-8. */;
      readonly bytes?: 'latin1';
    }
  | { readonly do: 'prepare'; readonly name: string; readonly sql: string }
  | {
      readonly do: 'execute';
      readonly name: string;
      readonly parameters: readonly WrittenParameter[];
      readonly cursor?: true;
      /** Types are not sent again. */
      readonly typesKnown?: true;
    }
  | { readonly do: 'long-data'; readonly name: string; readonly parameter: number; readonly hex: string }
  | { readonly do: 'fetch'; readonly name: string; readonly rows: number }
  | { readonly do: 'close' | 'reset'; readonly name: string }
  | { readonly do: 'init-db'; readonly schema: string }
  | { readonly do: 'field-list'; readonly table: string; readonly wild: string }
  | { readonly do: 'change-user'; readonly user: string; readonly schema: string }
  | { readonly do: 'set-option'; readonly multi: boolean }
  | { readonly do: 'ping' | 'reset-connection' }
  /** Not a command: the session is moved by force before the next one. */
  | { readonly do: 'move'; readonly what: Move }
) & {
  /** Its values are never the same twice; only their shape is compared. */
  readonly volatile?: true;
};

/** What is done to the proxied session's own server connections. `replicas` and `primary`: they are reset; `all`: both. */
export type Move = 'primary' | 'replicas' | 'all';

export const isMove = (operation: Operation): operation is Extract<Operation, { do: 'move' }> => operation.do === 'move';

/** Statement ids of one side, by name. */
export type StatementIds = Map<string, number>;

/** An id that no server gave. */
const NOBODY = 0x00ff_fffe;

function parametersOf(written: readonly WrittenParameter[]): Parameter[] {
  return written.map(({ type, unsigned, hex }) => ({
    type,
    ...(unsigned === true && { unsigned }),
    value: hex === null ? null : hex === 'long' ? undefined : Buffer.from(hex, 'hex'),
  }));
}

function twoBytes(number: number): Buffer {
  return Buffer.of(number & 0xff, number >> 8);
}

/** The command's payload; COM_CHANGE_USER is none of these, its payload depends on the connection. */
export function payloadOf(operation: Operation, ids: StatementIds): Buffer {
  const id = 'name' in operation ? (ids.get(operation.name) ?? NOBODY) : NOBODY;
  switch (operation.do) {
    case 'query':
      return query(Buffer.from(operation.sql, operation.bytes ?? 'utf8'));
    case 'prepare':
      return command(COM.prepare, operation.sql);
    case 'execute': {
      const options = { ...(operation.cursor && { cursor: 1 }), ...(operation.typesKnown && { types: false }) };
      return execute(id, parametersOf(operation.parameters), options);
    }
    case 'long-data':
      return command(COM.longData, id, twoBytes(operation.parameter), Buffer.from(operation.hex, 'hex'));
    case 'fetch':
      return command(COM.fetch, id, operation.rows);
    case 'close':
      return command(COM.close, id);
    case 'reset':
      return command(COM.reset, id);
    case 'init-db':
      return command(COM.initDb, operation.schema);
    case 'field-list':
      return command(COM.fieldList, `${operation.table}\0${operation.wild}`);
    case 'set-option':
      return command(COM.setOption, twoBytes(operation.multi ? 0 : 1));
    case 'ping':
      return command(COM.ping);
    case 'reset-connection':
      return command(COM.resetConnection);
    default:
      throw new Error(`no payload for ${operation.do}`);
  }
}

/** One line for people. */
export function shown(operation: Operation): string {
  const { do: what, ...rest } = operation;
  if (what === 'query' && (rest as { sql: string }).sql.startsWith('DROP TABLE IF EXISTS ora'))
    return 'query (the fresh rows of every sequence)';
  return what === 'query' ? `query ${(rest as { sql: string }).sql}` : `${what} ${JSON.stringify(rest)}`;
}
