import { HEADER_SIZE, payloadLength } from '../protocol/frame.js';
import { type FrameHandler, IgnoreFrames } from './frame-handler.js';

/** Frames up to this payload size are put together before they are handed over, so that an ERR always fits between two of them. */
export const HELD_PAYLOAD_LIMIT = 64 * 1024;

/** A frame that passes in parts shows at least this much of its payload in the first part: enough to know what it is. */
export const FIRST_PART_PAYLOAD = 64;

// A header may announce 64 KiB and then nothing comes: memory follows what really arrived, not what was announced.
const FIRST_HELD_CAPACITY = 4 * 1024;

const NOBODY: FrameHandler = new IgnoreFrames();
const NO_BYTES = Buffer.alloc(0);

/**
 * Cuts a byte stream into frames without copying them, except the one that straddles two reads. No sockets here: `PacketSocket` feeds it.
 * Callbacks may pause, resume, close, take the rest or swap the handler; each takes effect before the next frame.
 */
export class FrameSplitter {
  handler: FrameHandler = NOBODY;
  /** Payloads above this pass in parts. */
  heldPayloadLimit = HELD_PAYLOAD_LIMIT;
  /** Bytes, header included, that a first part has at least. */
  firstPartSize = HEADER_SIZE + FIRST_PART_PAYLOAD;

  // The read being worked on, or what a pause left of it; NO_BYTES otherwise.
  #chunk: Buffer = NO_BYTES;
  #position = 0;
  // The beginning of a frame that has not all arrived.
  #held: Buffer = NO_BYTES;
  #heldLength = 0;
  // Bytes still to come of a frame that passes in parts.
  #partLeft = 0;
  #paused = false;
  #closed = false;
  #running = false;

  /** True while a pause holds back bytes that were read already. */
  get hasKept(): boolean {
    return this.#position < this.#chunk.length;
  }

  get paused(): boolean {
    return this.#paused;
  }

  /** True when the stream, ending now, would cut a frame in two. */
  get midFrame(): boolean {
    return this.#heldLength > 0 || this.#partLeft > 0;
  }

  feed(chunk: Buffer): void {
    if (this.#closed) return;
    if (this.hasKept || this.#running) {
      this.#chunk = Buffer.concat([this.#chunk.subarray(this.#position), chunk]);
      this.#position = 0;
      return;
    }
    this.#chunk = chunk;
    this.#position = 0;
    this.run();
  }

  pause(): void {
    this.#paused = true;
  }

  /** Lifts the pause; outside a callback what was kept waits for `run()`. */
  resume(): void {
    this.#paused = false;
  }

  /** Drops everything, now and later. */
  close(): void {
    this.#closed = true;
    this.#reset();
  }

  /** Takes away all bytes not handed over yet (for TLS, which speaks no frames) and forgets them here. */
  takeRest(): Buffer {
    const rest = this.#chunk.subarray(this.#position);
    const all = this.#heldLength > 0 ? Buffer.concat([this.#held.subarray(0, this.#heldLength), rest]) : rest;
    this.#reset();
    return all;
  }

  /** Hands over what there is, until it ends or a callback pauses. */
  run(): void {
    if (this.#running || this.#paused || this.#closed || !this.hasKept) return;
    this.#running = true;
    let given = false;
    while (this.#position < this.#chunk.length && !this.#paused) {
      if (this.#heldLength > 0 ? this.#complete() : this.#next()) given = true;
    }
    this.#running = false;
    if (this.#position >= this.#chunk.length) {
      // Do not keep 64 KiB alive for an idle connection.
      this.#chunk = NO_BYTES;
      this.#position = 0;
    }
    if (given && !this.#closed) this.handler.onBatchEnd();
  }

  #reset(): void {
    this.#chunk = NO_BYTES;
    this.#position = 0;
    this.#held = NO_BYTES;
    this.#heldLength = 0;
    this.#partLeft = 0;
  }

  // Every branch moves #position before it calls out: the callback may look at, take or drop the rest.
  #next(): boolean {
    const chunk = this.#chunk;
    const start = this.#position;
    const available = chunk.length - start;
    if (this.#partLeft > 0) {
      const taken = Math.min(this.#partLeft, available);
      this.#partLeft -= taken;
      this.#position = start + taken;
      this.handler.onPart(chunk, start, start + taken, false, this.#partLeft === 0);
      return true;
    }
    if (available >= HEADER_SIZE) {
      const length = payloadLength(chunk, start);
      const end = start + HEADER_SIZE + length;
      if (end <= chunk.length) {
        this.#position = end;
        this.handler.onFrame(chunk, start, end);
        return true;
      }
      if (length > this.heldPayloadLimit && available >= this.firstPartSize) {
        this.#partLeft = end - chunk.length;
        this.#position = chunk.length;
        this.handler.onPart(chunk, start, chunk.length, true, false);
        return true;
      }
    }
    this.#hold(available);
    return false;
  }

  /** Adds to the held beginning; hands the frame (or its first part) over once there is enough of it. */
  #complete(): boolean {
    if (this.#heldLength < HEADER_SIZE) {
      this.#hold(HEADER_SIZE - this.#heldLength);
      if (this.#heldLength < HEADER_SIZE) return false;
    }
    const length = payloadLength(this.#held, 0);
    const size = HEADER_SIZE + length;
    const inParts = length > this.heldPayloadLimit && size > this.firstPartSize;
    const wanted = inParts ? this.firstPartSize : size;
    if (this.#heldLength < wanted) this.#hold(wanted - this.#heldLength);
    if (this.#heldLength < wanted) return false;
    const frame = this.#held;
    const end = this.#heldLength;
    this.#held = NO_BYTES;
    this.#heldLength = 0;
    this.#partLeft = size - end;
    if (inParts) this.handler.onPart(frame, 0, end, true, false);
    else this.handler.onFrame(frame, 0, end);
    return true;
  }

  #hold(wanted: number): void {
    const taken = Math.min(wanted, this.#chunk.length - this.#position);
    const needed = this.#heldLength + taken;
    if (needed > this.#held.length) {
      const larger = Buffer.allocUnsafe(this.#capacityFor(needed));
      this.#held.copy(larger, 0, 0, this.#heldLength);
      this.#held = larger;
    }
    this.#chunk.copy(this.#held, this.#heldLength, this.#position, this.#position + taken);
    this.#heldLength = needed;
    this.#position += taken;
  }

  #capacityFor(needed: number): number {
    if (needed <= HEADER_SIZE) return HEADER_SIZE;
    // More than a header: it lies whole either in what is held or, at the first piece, in the chunk.
    const length = this.#heldLength > 0 ? payloadLength(this.#held, 0) : payloadLength(this.#chunk, this.#position);
    return Math.max(needed, Math.min(HEADER_SIZE + length, Math.max(FIRST_HELD_CAPACITY, needed * 2)));
  }
}
