import { type FrameHandler, IgnoreFrames } from '../../net/frame-handler.js';
import { FrameSplitter } from '../../net/frame-splitter.js';
import type { PacketSocket } from '../../net/packet-socket.js';
import type { PacketTap } from '../../net/packet-tap.js';
import { Conversation, type Sender } from '../../protocol/conversation.js';
import type { ShowText } from '../../protocol/describe-text.js';
import { HEADER_SIZE, payloadLength, sequenceId } from '../../protocol/frame.js';

/** How much of a session is written down. */
export interface TraceLimits {
  readonly seconds: number;
  /** Of the written text. */
  readonly maxBytes: number;
}

/** How far a trace is. Times: Unix ms. */
export interface TraceState {
  readonly session: number;
  readonly running: boolean;
  readonly startedAtMs: number;
  readonly packets: number;
  readonly bytes: number;
  /** Undefined while it runs. */
  readonly endedBecause: string | undefined;
}

/** What agreed on a link, for the reading of its packets. */
interface Agreed {
  readonly capabilities: number;
  readonly mariadbCapabilities: number;
}

/**
 * One session's packets, written down as readable lines: when, between whom, which way, sequence id, what. Passwords, nonces, rows and parameters are
 * told by their size only. It ends by itself, by time or size.
 */
export class SessionTrace {
  readonly session: number;
  readonly #show: ShowText;
  readonly #limits: TraceLimits;
  readonly #startedAtMs = Date.now();
  readonly #startedMs = performance.now();
  readonly #timer: NodeJS.Timeout;
  readonly #lines: string[] = [];
  readonly #tapped = new Set<PacketSocket>();
  #bytes = 0;
  #packets = 0;
  #endedBecause: string | undefined;

  constructor(session: number, limits: TraceLimits, show: ShowText) {
    this.session = session;
    this.#limits = limits;
    this.#show = show;
    this.#timer = setTimeout(() => this.end(`${limits.seconds} s are over`), limits.seconds * 1000).unref();
  }

  get state(): TraceState {
    const { session } = this;
    const running = this.#endedBecause === undefined;
    return {
      session,
      running,
      startedAtMs: this.#startedAtMs,
      packets: this.#packets,
      bytes: this.#bytes,
      endedBecause: this.#endedBecause,
    };
  }

  /** All of it so far. */
  get text(): string {
    const head = `# session ${this.session}, from ${new Date(this.#startedAtMs).toISOString()}; seconds since then, link, who sent it, sequence id, packet\n`;
    return `${head}${this.#lines.join('')}# ${this.#endedBecause === undefined ? 'still running' : `ended: ${this.#endedBecause}`}\n`;
  }

  /**
   * Looks on at a link from now on.
   * @param peer who is on its other side: the client or a server
   */
  watch(packets: PacketSocket, link: string, peer: Sender, { capabilities, mariadbCapabilities }: Agreed): void {
    if (this.#endedBecause !== undefined) return;
    const conversation = new Conversation(capabilities, this.#show, mariadbCapabilities);
    const us: Sender = peer === 'client' ? 'server' : 'client';
    const way = (sender: Sender) => {
      const splitter = new FrameSplitter();
      splitter.handler = new Lines(conversation, sender, (line) => this.#note(link, line));
      return splitter;
    };
    const [received, sent] = [way(peer), way(us)];
    const tap: PacketTap = { received: (bytes) => received.feed(bytes), sent: (bytes) => sent.feed(bytes) };
    packets.tap = tap;
    this.#tapped.add(packets);
  }

  /** Nothing more is written down; what is there stays. */
  end(why: string): void {
    if (this.#endedBecause !== undefined) return;
    this.#endedBecause = why;
    clearTimeout(this.#timer);
    for (const packets of this.#tapped) packets.tap = undefined;
    this.#tapped.clear();
  }

  #note(link: string, what: string): void {
    const line = `+${((performance.now() - this.#startedMs) / 1000).toFixed(6)}  ${link}  ${what}\n`;
    this.#packets += 1;
    this.#bytes += Buffer.byteLength(line);
    if (this.#bytes > this.#limits.maxBytes) return this.end(`${this.#limits.maxBytes} bytes are written`);
    this.#lines.push(line);
  }
}

/** Turns the packets of one direction into lines. */
class Lines extends IgnoreFrames implements FrameHandler {
  readonly #conversation: Conversation;
  readonly #sender: Sender;
  readonly #say: (line: string) => void;

  constructor(conversation: Conversation, sender: Sender, say: (line: string) => void) {
    super();
    this.#conversation = conversation;
    this.#sender = sender;
    this.#say = say;
  }

  override onFrame(chunk: Buffer, start: number, end: number): void {
    this.#packet(chunk.subarray(0, end), start, end - start - HEADER_SIZE);
  }

  override onPart(chunk: Buffer, start: number, end: number, first: boolean): void {
    if (first) this.#packet(chunk.subarray(0, end), start, payloadLength(chunk, start));
  }

  #packet(bytes: Buffer, start: number, length: number): void {
    const sequence = sequenceId(bytes, start);
    let what: string;
    try {
      what = this.#conversation.packet(bytes, start + HEADER_SIZE, length, sequence, this.#sender);
    } catch {
      // Out of step, such as behind the beginning of a trace in the middle of an answer: its size is what can be told.
      what = `${length} bytes`;
    }
    this.#say(`${this.#sender} #${sequence}  ${what}`);
  }
}
