import type { Side } from './socket-error.js';

const after = (sequenceId: number): number => (sequenceId + 1) & 0xff;

/**
 * The two countings of a compressed connection. Compressed packets count from 0 with each command, and the answer goes on from there; peers
 * check that. The frames inside count for themselves, but MySQL and MariaDB set their number to the compressed packets' at each flush, and
 * go-sql-driver expects that of an answer. As these frames may come from or go on to a connection without compression, where they count
 * strictly, they are numbered anew here.
 */
export class SequenceIds {
  readonly #towardsClient: boolean;
  /** Of the next compressed packet that goes out. */
  #next = 0;
  /** Of the last one that came. */
  #lastReceived = 0;
  /** What the next answer begins with, once a command has come. */
  #answer: number | undefined;
  /** An answer begins with the next frame that goes out. */
  #begins = false;
  /** What an answer's frames are numbered higher than without compression. */
  #shift = 0;
  /** The last frame that went out, by its own number. */
  #sent = 0;
  #receivedSince = true;
  /** The number the next frame that comes should have: always towards a server, during LOCAL INFILE towards a client. */
  #expected: number | undefined;

  constructor(side: Side) {
    this.#towardsClient = side === 'client';
    this.#expected = this.#towardsClient ? undefined : 0;
  }

  get lastReceived(): number {
    return this.#lastReceived;
  }

  next(): number {
    const id = this.#next;
    this.#next = after(id);
    return id;
  }

  /** The frames that go out now answer a command that ended with this compressed packet. */
  answering(commandEndedWith: number): void {
    this.#next = after(commandEndedWith);
    this.#answer = undefined;
    this.#begins = true;
    this.#receivedSince = true;
  }

  /** The client's frames continue what we sent last (LOCAL INFILE), until `commandsFollow`. */
  fileFollows(): void {
    this.#expected = -1;
  }

  commandsFollow(): void {
    this.#expected = undefined;
  }

  /** A compressed packet came; false: with a number it cannot have. A command begins anew with 0. */
  received(sequenceId: number): boolean {
    const inOrder = sequenceId === 0 || sequenceId === this.#next || sequenceId === after(this.#lastReceived);
    this.#lastReceived = sequenceId;
    this.#receivedSince = true;
    if (this.#towardsClient) this.#answer = after(sequenceId);
    else this.#next = after(sequenceId);
    return inOrder;
  }

  /** A frame came; returns the number it should have. */
  frameReceived(sequenceId: number): number {
    if (this.#expected === undefined) return sequenceId;
    const id = this.#expected < 0 ? after(this.#sent) : this.#expected;
    this.#expected = after(id);
    return id;
  }

  /** A frame goes out, before `next()` is asked for; returns the number it should have. */
  sending(sequenceId: number): number {
    if (this.#towardsClient) {
      // Clients that send ahead are answered in the middle of what they send: only a frame that begins an answer takes up the new number.
      if (this.#answer !== undefined && sequenceId !== after(this.#sent)) {
        this.#next = this.#answer;
        this.#answer = undefined;
        this.#begins = true;
      }
      if (this.#begins) this.#shift = this.#next - sequenceId;
      this.#begins = false;
    } else {
      // A command, unless it is the wrap of a long file.
      if (sequenceId === 0 && (this.#sent !== 0xff || this.#receivedSince)) this.#next = 0;
      this.#expected = after(sequenceId);
    }
    this.#sent = sequenceId;
    this.#receivedSince = false;
    return (sequenceId + this.#shift) & 0xff;
  }
}
