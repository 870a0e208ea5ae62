import type { Socket } from 'node:net';
import { type ConnectionOptions, TLSSocket, type TLSSocketOptions, connect as tlsConnect } from 'node:tls';
import { Capability } from '../protocol/capabilities.js';
import { encodeErr } from '../protocol/err.js';
import { encodeFrames, HEADER_SIZE } from '../protocol/frame.js';
import { CompressedLink } from './compressed-link.js';
import type { Compression } from './compression-codec.js';
import { type FrameHandler, IgnoreFrames } from './frame-handler.js';
import { FIRST_PART_PAYLOAD, FrameSplitter, HELD_PAYLOAD_LIMIT } from './frame-splitter.js';
import type { PacketTap } from './packet-tap.js';
import type { Endpoints } from './proxy-header.js';
import type { SequenceIds } from './sequence-ids.js';
import { type Side, SocketError } from './socket-error.js';

export type { FrameHandler } from './frame-handler.js';

/** After `end()`, how long a peer may go without taking our last bytes, and then without closing its side, before it is cut off. */
export const LINGER_MS = 5_000;

/** ER_NET_UNCOMPRESS_ERROR. */
const CANNOT_UNPACK = { code: 1157, sqlState: '08S01', message: "Couldn't uncompress communication packet" };

const IGNORE: FrameHandler = new IgnoreFrames();

// Listeners are shared functions that find their PacketSocket through the socket: closures would cost about 0.5 KiB per idle connection.
const OWNER = Symbol('PacketSocket');
type OwnedSocket = Socket & { [OWNER]?: PacketSocket };
interface Events {
  data(packets: PacketSocket, chunk: Buffer): void;
  kept(packets: PacketSocket): void;
  drain(packets: PacketSocket): void;
  end(packets: PacketSocket): void;
  error(packets: PacketSocket, cause: unknown): void;
  close(packets: PacketSocket): void;
}
let events: Events;

/** `::ffff:10.0.0.1` is what a dual-stack listener calls an IPv4 peer; accounts and logs know it as `10.0.0.1`. */
export function plainAddress(address: string | undefined): string {
  if (address === undefined) return 'localhost';
  return address.startsWith('::ffff:') && address.includes('.') ? address.slice(7) : address;
}

/**
 * A socket that speaks in frames. Reads are cut into frames and given to `handler`, which may be changed at any time, also inside its own
 * callbacks. Writing takes bytes as they are. Nothing here allocates per frame, except the one that straddles two reads.
 */
export class PacketSocket {
  readonly side: Side;
  /** The peer's address without port; IPv4 mapped into IPv6 is shown as IPv4, a unix socket as `localhost` (as MySQL names it). */
  readonly remoteAddress: string;
  /** The peer's port; 0 for a unix socket. */
  readonly remotePort: number;
  /** True for a unix socket, which nobody can listen in on; not for a peer that a PROXY header names. */
  readonly local: boolean;

  /** Sees all that passes, uncompressed and not encrypted, while it is there. */
  tap: PacketTap | undefined;

  readonly #frames = new FrameSplitter();
  readonly #proxied: Endpoints | undefined;
  #compression: CompressedLink | undefined;
  #socket: OwnedSocket;
  #ending = false;
  #destroyed = false;
  #ended = false;
  #endGiven = false;
  #closed = false;
  #closeGiven = false;
  #secured = false;
  #cut = false;
  #error: SocketError | undefined;
  #linger: NodeJS.Timeout | undefined;

  /**
   * Takes over a connected socket and starts to read it; give it a handler in the same tick. Client sockets need `allowHalfOpen`.
   * @param proxied the ends that a PROXY header named: these are the peer then
   */
  constructor(socket: Socket | TLSSocket, side: Side, handler: FrameHandler = IGNORE, proxied?: Endpoints) {
    this.side = side;
    this.#socket = socket;
    this.#frames.handler = handler;
    this.#proxied = proxied;
    this.remoteAddress = plainAddress(proxied?.source.address ?? socket.remoteAddress);
    this.remotePort = proxied?.source.port ?? socket.remotePort ?? 0;
    this.local = proxied === undefined && socket.remoteAddress === undefined;
    socket.setNoDelay(true);
    this.#attach(socket);
  }

  get handler(): FrameHandler {
    return this.#frames.handler;
  }

  set handler(handler: FrameHandler) {
    this.#frames.handler = handler;
  }

  /**
   * Before a peer is trusted: a frame that announces more than `payloadBytes` comes as `onPart` as soon as its header is there, so that
   * nothing is gathered for it and nonsense is answered at once. `expectAnything()` ends this.
   */
  expectAtMost(payloadBytes: number): void {
    this.#frames.heldPayloadLimit = payloadBytes;
    this.#frames.firstPartSize = HEADER_SIZE;
  }

  expectAnything(): void {
    this.#frames.heldPayloadLimit = HELD_PAYLOAD_LIMIT;
    this.#frames.firstPartSize = HEADER_SIZE + FIRST_PART_PAYLOAD;
  }

  get localAddress(): string {
    return plainAddress(this.#socket.localAddress);
  }

  /** The connection as its peer made it, for a PROXY header of ours. */
  get endpoints(): Endpoints {
    const { remoteAddress, remotePort, localAddress } = this;
    const destination = this.#proxied?.destination ?? { address: localAddress, port: this.#socket.localPort ?? 0 };
    return { source: { address: remoteAddress, port: remotePort }, destination };
  }

  get encrypted(): boolean {
    return this.#socket instanceof TLSSocket;
  }

  /** The TLS socket once encryption was started (cipher, peer certificate); undefined before. */
  get tls(): TLSSocket | undefined {
    return this.#socket instanceof TLSSocket ? this.#socket : undefined;
  }

  /** True once a peer that we serve has completed its TLS handshake. */
  get secured(): boolean {
    return this.#secured;
  }

  get bytesRead(): number {
    return this.#socket.bytesRead;
  }

  get bytesWritten(): number {
    return this.#socket.bytesWritten;
  }

  /** Bytes accepted by `write()` that the operating system has not taken yet. */
  get writableLength(): number {
    return this.#socket.writableLength;
  }

  /** True when the peer ended in the middle of a frame; known from `onEnd` on. */
  get cutFrame(): boolean {
    return this.#cut;
  }

  /** True from `end()`, `destroy()` or the loss of the connection on: nothing written any more arrives. */
  get closing(): boolean {
    return this.#ending || this.#destroyed || this.#closed;
  }

  /** True from the moment that the peer's RST was read: `onClose` tells of it a turn of the event loop later, behind other sockets' bytes. */
  get isReset(): boolean {
    return this.#socket.destroyed && !this.#closed;
  }

  /** Sends bytes (which must not change afterwards). False: the buffer is full, wait for `onDrain`. On a closing socket they are dropped. */
  write(bytes: Buffer): boolean {
    if (this.closing) return true;
    this.tap?.sent(bytes);
    return this.#compression === undefined ? this.#socket.write(bytes) : this.#writePacked(this.#compression, bytes);
  }

  #writePacked(compression: CompressedLink, bytes: Buffer): boolean {
    let fits = true;
    this.#socket.cork();
    for (const part of compression.pack(bytes)) fits = this.#socket.write(part);
    this.#socket.uncork();
    return fits;
  }

  /**
   * From here on all is compressed, both ways: after the final OK of a login that agreed on it. Once; bytes read behind the current frame
   * are compressed already. A peer whose bytes cannot be unpacked is cut off, a client with ERR 1157.
   */
  startCompression(kind: Compression): void {
    if (this.#compression !== undefined || this.closing) return;
    const frames = this.#frames;
    const rest = frames.takeRest();
    const compression = new CompressedLink(
      {
        plain: (bytes) => {
          this.tap?.received(bytes);
          frames.feed(bytes);
        },
        get ready() {
          return !frames.paused && !frames.hasKept;
        },
        busy: (busy) => {
          if (busy) this.#socket.pause();
          else process.nextTick(giveKept, this);
        },
        broken: (error) => this.#breakOff(error),
      },
      this.side,
      kind,
    );
    this.#compression = compression;
    if (rest.length > 0) compression.feed(rest);
  }

  /** The sequence ids of a compressed connection; undefined for any other. */
  get ids(): SequenceIds | undefined {
    return this.#compression?.ids;
  }

  #breakOff(error: SocketError): void {
    const { ids } = this;
    if (this.side === 'client' && ids !== undefined) {
      ids.answering(ids.lastReceived);
      this.end(encodeFrames(encodeErr(CANNOT_UNPACK, Capability.PROTOCOL_41), 1));
      return;
    }
    this.#error ??= error;
    this.#forget();
    this.#socket.destroy();
  }

  /** Gathers the writes up to `uncork()` into one system call. */
  cork(): void {
    this.#socket.cork();
  }

  uncork(): void {
    this.#socket.uncork();
  }

  /** Stops giving frames, from the very next one on, and stops reading. A paused socket sees neither FIN nor RST. */
  pause(): void {
    this.#frames.pause();
    this.#socket.pause();
  }

  /** Undoes `pause()`. What was read already is given first: in a callback when it returns, else in the next tick. */
  resume(): void {
    // A peer that closed meanwhile does not matter here: what it sent before is still given.
    if (!this.#frames.paused || this.#ending || this.#destroyed) return;
    this.#frames.resume();
    if (this.#hasKept || this.#ended) process.nextTick(giveKept, this);
    else this.#socket.resume();
  }

  /**
   * Sends the last bytes and FIN. From here on frames are dropped; `onClose` follows when the peer has closed too, or has done nothing for
   * `LINGER_MS`. (Closing at once would turn unread bytes of the peer into a RST that can overtake our ERR.)
   */
  end(bytes?: Buffer): void {
    if (this.closing) return;
    if (bytes !== undefined) this.tap?.sent(bytes);
    const socket = this.#socket;
    if (bytes !== undefined && this.#compression !== undefined) this.#writePacked(this.#compression, bytes);
    this.#ending = true;
    this.#forget();
    // Any progress restarts this timer; once all is sent a fixed time is left, so that a peer that never stops sending goes as well.
    socket.setTimeout(LINGER_MS, () => socket.destroy());
    socket.once('finish', () => {
      socket.setTimeout(0);
      if (!this.#closed) this.#linger = setTimeout(() => socket.destroy(), LINGER_MS).unref();
    });
    if (bytes === undefined || this.#compression !== undefined) socket.end();
    else socket.end(bytes);
    socket.resume();
  }

  /** Closes at once; what was not sent is lost. `onClose` follows. */
  destroy(): void {
    if (this.#destroyed || this.#closed) return;
    this.#destroyed = true;
    this.#forget();
    this.#socket.destroy();
  }

  /**
   * Turns the connection into TLS, we being the server; bytes read behind the current frame are taken for the peer's ClientHello.
   * Call it inside `onFrame`. A failed handshake comes as `onClose` with kind `tls` or `reset`.
   */
  startServerTls(options: TLSSocketOptions, onSecure: (tls: TLSSocket) => void): void {
    const raw = this.#surrender();
    const secure = new TLSSocket(raw, { ...options, isServer: true });
    secure.once('secure', () => {
      this.#secured = true;
      onSecure(secure);
    });
    this.#attach(secure);
  }

  /** Turns the connection into TLS, we being the client. `options` as for tls.connect (without a socket). Failures as in `startServerTls`. */
  startClientTls(options: ConnectionOptions, onSecure: (tls: TLSSocket) => void): void {
    const raw = this.#surrender();
    const secure = tlsConnect({ ...options, socket: raw }, () => onSecure(secure));
    this.#attach(secure);
  }

  /** True when bytes were read behind the frame that is being handled. */
  get hasUnreadBytes(): boolean {
    return this.#frames.hasKept;
  }

  #attach(socket: OwnedSocket): void {
    this.#socket = socket;
    socket[OWNER] = this;
    socket.on('data', onData);
    socket.on('drain', onDrain);
    socket.on('end', onEnd);
    socket.on('error', onError);
    socket.on('close', onClose);
  }

  /** Lets go of the plain socket so that TLS can wrap it, with what was read already put back. */
  #surrender(): Socket {
    const raw = this.#socket;
    raw.off('data', onData);
    raw.off('drain', onDrain);
    raw.off('end', onEnd);
    raw.off('close', onClose);
    // The 'error' listener stays: an error of the plain socket under TLS would otherwise end the process.
    raw.pause();
    const rest = this.#frames.takeRest();
    if (rest.length > 0) raw.unshift(rest);
    return raw;
  }

  get #hasKept(): boolean {
    return this.#frames.hasKept || this.#compression?.hasKept === true;
  }

  /** Drops what was read and not handed over, now and later. */
  #forget(): void {
    this.tap = undefined;
    this.#frames.close();
    this.#compression?.close();
  }

  /** Tells the handler of the end once nothing read before it is left to give. */
  #settle(): void {
    if (this.#hasKept) return;
    if (this.#ended && !this.#endGiven) {
      this.#endGiven = true;
      this.#cut = this.#frames.midFrame || this.#compression?.midPacket === true;
      if (!this.#ending && !this.#destroyed) this.handler.onEnd();
    }
    if (this.#closed && !this.#closeGiven) {
      this.#closeGiven = true;
      this.handler.onClose(this.#closeReason());
    }
  }

  #closeReason(): SocketError | undefined {
    if (this.#ending || this.#destroyed) return undefined;
    if (this.#error !== undefined) return this.#error;
    return this.#cut ? new SocketError(this.side, 'cut-frame', `the ${this.side} closed in the middle of a packet`) : undefined;
  }

  #giveKept(): void {
    this.#frames.run();
    this.#compression?.pump();
    if (this.#hasKept) return;
    this.#settle();
    if (!this.#frames.paused) this.#socket.resume();
  }

  #onClose(): void {
    this.#closed = true;
    clearTimeout(this.#linger);
    // After a clean end a paused handler still gets what was kept; after an error or destroy() nothing more.
    if (this.#error !== undefined || this.#destroyed || this.#ending) this.#forget();
    this.#settle();
  }

  // The shared listeners below are no methods, yet must reach private members: this block hands them the way in.
  static {
    events = {
      data: (packets, chunk) => {
        if (packets.#compression === undefined) {
          packets.tap?.received(chunk);
          packets.#frames.feed(chunk);
        } else packets.#compression.feed(chunk);
      },
      kept: (packets) => packets.#giveKept(),
      drain: (packets) => {
        if (!packets.closing) packets.handler.onDrain();
      },
      end: (packets) => {
        packets.#ended = true;
        packets.#settle();
      },
      error: (packets, cause) => {
        packets.#error ??= SocketError.from(packets.side, cause);
      },
      close: (packets) => packets.#onClose(),
    };
  }
}

function onData(this: OwnedSocket, chunk: Buffer): void {
  if (this[OWNER] !== undefined) events.data(this[OWNER], chunk);
}

function onDrain(this: OwnedSocket): void {
  if (this[OWNER] !== undefined) events.drain(this[OWNER]);
}

function onEnd(this: OwnedSocket): void {
  if (this[OWNER] !== undefined) events.end(this[OWNER]);
}

function onError(this: OwnedSocket, cause: unknown): void {
  if (this[OWNER] !== undefined) events.error(this[OWNER], cause);
}

function onClose(this: OwnedSocket): void {
  if (this[OWNER] !== undefined) events.close(this[OWNER]);
}

function giveKept(packets: PacketSocket): void {
  events.kept(packets);
}
