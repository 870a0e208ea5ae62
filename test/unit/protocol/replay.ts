import { Command } from '../../../src/protocol/commands.js';
import type { FrameKind } from '../../../src/protocol/describe.js';
import { HEADER_SIZE, payloadLength } from '../../../src/protocol/frame.js';
import { decodeGreeting, type Greeting } from '../../../src/protocol/greeting.js';
import { decodeHandshakeResponse } from '../../../src/protocol/handshake-response.js';
import { ResponseTracker } from '../../../src/protocol/response-tracker.js';
import { asksForTls } from '../../../src/protocol/ssl-request.js';
import { type Capture, unfoldHex } from '../../golden/capture.js';

/** One frame of a capture with what it turned out to be. */
export interface Step {
  readonly kind: FrameKind | 'unasked';
  readonly payload: Buffer;
  readonly capabilities: number;
  readonly mariadbCapabilities: number;
  /** Command byte that this frame is or answers; -1 in the login. */
  readonly command: number;
  /** The tracker's flags after this frame. */
  readonly statusFlags: number;
  /** Parameters of the statement that this frame executes, as its prepare answer told. */
  readonly params: number;
}

/** How a frame is handed to the tracker: the chunk it lies in and where its payload begins. */
export type Lay = (payload: Buffer) => { buffer: Buffer; start: number };

const asItIs: Lay = (payload) => ({ buffer: payload, start: 0 });

/**
 * Walks a capture with a ResponseTracker. The drivers and the recorder's clock are the judges: a client speaks again only when it has
 * the whole answer, so a tracker that ends early meets a frame behind the end, and one that ends late meets a command before it. Both throw.
 */
export function replay(capture: Capture, lay: Lay = asItIs): Step[] {
  const walk = new Walk(lay);
  for (const [side, hex] of capture.frames) {
    const frame = unfoldHex(hex);
    if (payloadLength(frame, 0) !== frame.length - HEADER_SIZE) throw new Error('a frame is not as long as it says');
    const payload = frame.subarray(HEADER_SIZE);
    if (side === 'client') walk.client(payload);
    else walk.server(payload);
  }
  if (!walk.tracker.done) throw new Error('the capture ends and the tracker still waits');
  return walk.steps;
}

class Walk {
  readonly steps: Step[] = [];
  readonly tracker = new ResponseTracker();
  readonly #lay: Lay;
  #greeting: Greeting | undefined;
  #capabilities = 0;
  #mariadbCapabilities = 0;
  #command = -1;
  #params = 0;
  readonly #prepared = new Map<number, number>();
  #state: 'greeting' | 'response' | 'auth' | 'commands' = 'greeting';

  constructor(lay: Lay) {
    this.#lay = lay;
  }

  client(payload: Buffer): void {
    if (this.#state === 'response') this.#response(payload);
    else if (this.#state === 'auth') this.#add('auth-answer', payload);
    else if (this.tracker.done) this.#begin(payload);
    else if (this.tracker.awaitsClientData) this.#clientData(payload);
    else if (this.#command === Command.CHANGE_USER) this.#add('auth-answer', payload);
    else throw new Error(`frame ${this.steps.length}: the client goes on, but the tracker waits for more of ${this.#command}`);
  }

  server(payload: Buffer): void {
    if (this.#state === 'greeting') this.#greet(payload);
    else if (this.#state === 'auth') this.#auth(payload);
    else if (this.tracker.done) this.#unasked(payload);
    else {
      const { buffer, start } = this.#lay(payload);
      this.#add(this.tracker.frame(buffer, start, payload.length), payload);
    }
  }

  #greet(payload: Buffer): void {
    this.#greeting = decodeGreeting(payload);
    this.#add('greeting', payload);
    this.#state = 'response';
  }

  #response(payload: Buffer): void {
    if (asksForTls(payload) && payload.length === 32) {
      this.#add('ssl-request', payload);
      return;
    }
    const response = decodeHandshakeResponse(payload);
    this.#capabilities = (response.capabilities & (this.#greeting?.capabilities ?? 0)) >>> 0;
    this.#mariadbCapabilities = (response.mariadbCapabilities & (this.#greeting?.mariadbCapabilities ?? 0)) >>> 0;
    this.#add('handshake-response', payload);
    this.#state = 'auth';
  }

  #auth(payload: Buffer): void {
    const kind = payload[0] === 0x00 ? 'ok' : payload[0] === 0xff ? 'err' : 'auth';
    this.#add(kind, payload);
    if (kind === 'ok') this.#state = 'commands';
  }

  #begin(payload: Buffer): void {
    this.#command = payload[0] ?? -1;
    if (payload.length >= 5) this.#params = this.#prepared.get(payload.readUInt32LE(1)) ?? 0;
    this.tracker.begin(this.#command, this.#capabilities, this.#mariadbCapabilities);
    this.#add('command', payload);
  }

  #clientData(payload: Buffer): void {
    this.#add('client-data', payload);
    if (payload.length === 0) this.tracker.clientDataEnded();
  }

  #unasked(payload: Buffer): void {
    // Only a server that goes down speaks unasked.
    if (payload[0] !== 0xff) throw new Error(`frame ${this.steps.length}: behind the end of the answer`);
    this.#add('unasked', payload);
  }

  #add(kind: Step['kind'], payload: Buffer): void {
    const { statusFlags } = this.tracker;
    if (kind === 'prepare-ok') {
      this.#params = payload.readUInt16LE(7);
      this.#prepared.set(payload.readUInt32LE(1), this.#params);
      this.#prepared.set(0xffff_ffff, this.#params); // MariaDB: "the one prepared last"
    }
    const agreed = { capabilities: this.#capabilities, mariadbCapabilities: this.#mariadbCapabilities };
    this.steps.push({ kind, payload, ...agreed, command: this.#command, statusFlags, params: this.#params });
  }
}
