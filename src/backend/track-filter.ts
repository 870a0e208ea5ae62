import { ByteWriter } from '../protocol/byte-writer.js';
import { Capability, has } from '../protocol/capabilities.js';
import { encodeFrames, HEADER_SIZE, sequenceId } from '../protocol/frame.js';
import { skipLenenc } from '../protocol/lenenc-scan.js';
import { StatusFlag } from '../protocol/status-flags.js';
import { endOfLenencBytes, hasTrackBlock, type OkLayout, okLayout } from './ok-layout.js';
import { DEFAULT_TRACKERS, type TrackerSettings } from './tracker-settings.js';

const PACKET = 'session-track';
/** Header, 0xfe, two bytes of warnings, two of status flags. */
const EOF_FRAME = HEADER_SIZE + 5;
/** Item types of the session-track block. */
const Id = { SYSTEM_VARIABLES: 0, SCHEMA: 1, STATE_CHANGE: 2, GTIDS: 3, TRANSACTION_CHARACTERISTICS: 4, TRANSACTION_STATE: 5 } as const;

/**
 * Makes of a backend's OK, armed with all trackers, the OK that the client would have got from the server directly: without the block where
 * the client does not know it, else with the items that its own `session_track_*` settings ask for. One object per session.
 */
export class TrackFilter {
  readonly #tracks: boolean;
  #settings: TrackerSettings = DEFAULT_TRACKERS;
  /** Lower-case names, each with the spelling the client gave; undefined: all. */
  #names: ReadonlyMap<string, string> | undefined = namesOf(DEFAULT_TRACKERS.systemVariables);

  /** For an answer given under the client's own settings: all that the server says is for the client. */
  passesAll = false;

  /** @param clientCapabilities what the client agreed on. */
  constructor(clientCapabilities: number, settings: TrackerSettings = DEFAULT_TRACKERS) {
    this.#tracks = has(clientCapabilities, Capability.SESSION_TRACK);
    this.settings = settings;
  }

  /** The client's own settings: the server's defaults, until it sets others. */
  get settings(): TrackerSettings {
    return this.#settings;
  }

  set settings(settings: TrackerSettings) {
    this.#settings = settings;
    this.#names = namesOf(settings.systemVariables);
  }

  /**
   * The OK or EOF frame (header included, either kind of OK) for the client. The very same buffer when its size stays; the sequence id stays.
   * @throws ProtocolError for a malformed OK: then the backend is of no use any more.
   */
  frame(frame: Buffer): Buffer {
    if (frame.length === EOF_FRAME && frame[HEADER_SIZE] === 0xfe) return this.#eof(frame);
    if (!hasTrackBlock(frame) || (this.passesAll && this.#tracks)) return frame;
    const layout = okLayout(frame);
    const block = this.#tracks ? this.#kept(frame, layout) : undefined;
    if (block !== undefined && block.length === layout.blockEnd - layout.blockStart) return frame;
    return withBlock(frame, layout, block);
  }

  /** MariaDB announces changes in EOF packets too, which have no place for a block. The bit goes in place: no copy, no cut in the stream. */
  #eof(frame: Buffer): Buffer {
    if (this.#settings.transactionInfo === 'OFF' && !this.passesAll)
      frame[EOF_FRAME - 1] = (frame[EOF_FRAME - 1] as number) & ~(StatusFlag.SESSION_STATE_CHANGED >> 8);
    return frame;
  }

  /** The items that stay; undefined for none. */
  #kept(frame: Buffer, layout: OkLayout): Buffer | undefined {
    const kept: Buffer[] = [];
    let emptyBlock = false;
    let at = layout.blockStart;
    while (at < layout.blockEnd) {
      const dataStart = skipLenenc(frame, at + 1, layout.blockEnd, PACKET);
      const dataEnd = endOfLenencBytes(frame, at + 1, layout.blockEnd, PACKET);
      const id = frame[at];
      if (id === Id.SYSTEM_VARIABLES && this.#names !== undefined) this.#keepVariables(frame, dataStart, dataEnd, kept);
      else if (this.#wants(id)) kept.push(frame.subarray(at, dataEnd));
      // With 'STATE' servers announce a change of the characteristics too, and then say nothing: an empty block.
      else emptyBlock ||= id === Id.TRANSACTION_CHARACTERISTICS && this.#settings.transactionInfo === 'STATE';
      at = dataEnd;
    }
    return kept.length === 0 && !emptyBlock ? undefined : Buffer.concat(kept);
  }

  #wants(id: number | undefined): boolean {
    switch (id) {
      case Id.SCHEMA:
        return this.#settings.schema;
      case Id.STATE_CHANGE:
        return this.#settings.stateChange;
      case Id.GTIDS:
        return this.#settings.gtids !== 'OFF';
      case Id.TRANSACTION_STATE:
        return this.#settings.transactionInfo !== 'OFF';
      case Id.TRANSACTION_CHARACTERISTICS:
        return this.#settings.transactionInfo === 'CHARACTERISTICS';
      default:
        // System variables when all are wanted; and what a newer server may report, which our arming did not cause.
        return true;
    }
  }

  /** Keeps the wanted ones of an item that may hold several variables (MariaDB's do). */
  #keepVariables(frame: Buffer, start: number, end: number, kept: Buffer[]): void {
    const pairs: Buffer[] = [];
    for (let at = start; at < end; ) {
      const nameStart = skipLenenc(frame, at, end, PACKET);
      const nameEnd = endOfLenencBytes(frame, at, end, PACKET);
      const pairEnd = endOfLenencBytes(frame, nameEnd, end, PACKET);
      const name = this.#names?.get(frame.toString('latin1', nameStart, nameEnd).toLowerCase());
      if (name !== undefined) pairs.push(new ByteWriter(PACKET).lenencText(name).bytes(frame.subarray(nameEnd, pairEnd)).finish());
      at = pairEnd;
    }
    if (pairs.length > 0) kept.push(new ByteWriter(PACKET).u8(Id.SYSTEM_VARIABLES).lenencBytes(Buffer.concat(pairs)).finish());
  }
}

function withBlock(frame: Buffer, layout: OkLayout, block: Buffer | undefined): Buffer {
  const flags = frame.readUInt16LE(layout.statusFlags);
  const writer = new ByteWriter('ok')
    .bytes(frame.subarray(HEADER_SIZE, layout.statusFlags))
    .u16(block === undefined ? flags & ~StatusFlag.SESSION_STATE_CHANGED : flags)
    .bytes(frame.subarray(layout.statusFlags + 2, layout.infoStart));
  // Servers send no empty text, unless a block follows.
  if (block !== undefined || layout.infoEnd > layout.infoStart + 1) writer.bytes(frame.subarray(layout.infoStart, layout.infoEnd));
  if (block !== undefined) writer.lenencBytes(block);
  return encodeFrames(writer.finish(), sequenceId(frame, 0));
}

/** `*` means all only where it stands alone. */
function namesOf(list: string): ReadonlyMap<string, string> | undefined {
  if (list === '*') return undefined;
  const names = list.split(',').map((name) => name.trim());
  return new Map(names.map((name) => [name.toLowerCase(), name]));
}
