import { ByteReader } from './byte-reader.js';
import { ByteWriter } from './byte-writer.js';

/** One change of session state that an OK packet reports (source: MySQL `rpl/session tracker`, `mysql_com.h` enum_session_state_type). */
export type SessionTrackItem =
  /** MySQL sends one item per variable; the format allows several, and MariaDB uses that. */
  | { readonly type: 'system-variables'; readonly variables: readonly (readonly [name: string, value: string])[] }
  | { readonly type: 'schema'; readonly name: string }
  /** True: some state changed that the other items need not name. */
  | { readonly type: 'state-change'; readonly changed: boolean }
  /** `encoding` is 0 in every known server: GTIDs as text. */
  | { readonly type: 'gtids'; readonly encoding: number; readonly gtids: string }
  /** Statements that start the next transaction as this one would have: `START TRANSACTION READ ONLY;`, empty when all is default. */
  | { readonly type: 'transaction-characteristics'; readonly statements: string }
  /** Eight characters, `_` for unset: kind, reads, writes and so on, see MySQL's manual, session_track_transaction_info. */
  | { readonly type: 'transaction-state'; readonly state: string }
  /** A type we do not know, or a known one in a form we do not know; kept as it came. */
  | { readonly type: 'unknown'; readonly id: number; readonly data: Buffer };

const PACKET = 'session-track';
const Id = { SYSTEM_VARIABLES: 0, SCHEMA: 1, STATE_CHANGE: 2, GTIDS: 3, TRANSACTION_CHARACTERISTICS: 4, TRANSACTION_STATE: 5 } as const;

/** Reads the block of an OK packet (its length already taken off). */
export function decodeSessionTrack(block: Buffer): readonly SessionTrackItem[] {
  const reader = new ByteReader(block, PACKET);
  const items: SessionTrackItem[] = [];
  while (reader.remaining > 0) items.push(decodeItem(reader.u8(), reader.lenencBytes()));
  return items;
}

export function encodeSessionTrack(items: readonly SessionTrackItem[]): Buffer {
  const writer = new ByteWriter(PACKET);
  for (const item of items) writer.u8(idOf(item)).lenencBytes(encodeItem(item));
  return writer.finish();
}

function decodeItem(id: number, data: Buffer): SessionTrackItem {
  const reader = new ByteReader(data, PACKET);
  try {
    const item = readKnown(id, reader);
    // More bytes than we understand: a newer server. Raw, it can still be passed on without loss.
    if (item !== undefined && reader.remaining === 0) return item;
  } catch {
    // The length of the item is sound, its inside is not; one odd tracker must not cost the client its OK.
  }
  return { type: 'unknown', id, data };
}

function readKnown(id: number, reader: ByteReader): SessionTrackItem | undefined {
  switch (id) {
    case Id.SYSTEM_VARIABLES: {
      const variables: [string, string][] = [];
      do variables.push([reader.lenencText(), reader.lenencText()]);
      while (reader.remaining > 0);
      return { type: 'system-variables', variables };
    }
    case Id.SCHEMA:
      return { type: 'schema', name: reader.lenencText() };
    case Id.STATE_CHANGE: {
      // A bare '1', without a length of its own (seen on both servers).
      const flag = reader.rest().toString('latin1');
      return flag === '1' || flag === '0' ? { type: 'state-change', changed: flag === '1' } : undefined;
    }
    case Id.GTIDS:
      return { type: 'gtids', encoding: reader.u8(), gtids: reader.lenencText() };
    case Id.TRANSACTION_CHARACTERISTICS:
      return { type: 'transaction-characteristics', statements: reader.lenencText() };
    case Id.TRANSACTION_STATE:
      return { type: 'transaction-state', state: reader.lenencText() };
    default:
      return undefined;
  }
}

function idOf(item: SessionTrackItem): number {
  switch (item.type) {
    case 'system-variables':
      return Id.SYSTEM_VARIABLES;
    case 'schema':
      return Id.SCHEMA;
    case 'state-change':
      return Id.STATE_CHANGE;
    case 'gtids':
      return Id.GTIDS;
    case 'transaction-characteristics':
      return Id.TRANSACTION_CHARACTERISTICS;
    case 'transaction-state':
      return Id.TRANSACTION_STATE;
    case 'unknown':
      return item.id;
  }
}

function encodeItem(item: SessionTrackItem): Buffer {
  const writer = new ByteWriter(PACKET);
  switch (item.type) {
    case 'system-variables':
      for (const [name, value] of item.variables) writer.lenencText(name).lenencText(value);
      return writer.finish();
    case 'schema':
      return writer.lenencText(item.name).finish();
    case 'state-change':
      return writer.text(item.changed ? '1' : '0').finish();
    case 'gtids':
      return writer.u8(item.encoding).lenencText(item.gtids).finish();
    case 'transaction-characteristics':
      return writer.lenencText(item.statements).finish();
    case 'transaction-state':
      return writer.lenencText(item.state).finish();
    case 'unknown':
      return item.data;
  }
}
