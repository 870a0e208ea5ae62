import {
  COMPRESSED_HEADER_SIZE,
  type CompressedHeader,
  compressedHeader,
  MAX_COMPRESSED_PAYLOAD,
  readCompressedHeader,
  SHORTEST_COMPRESSED,
} from '../protocol/compressed-packet.js';
import { type Compression, type CompressionCodec, compressionCodec } from './compression-codec.js';
import { FrameWalk } from './frame-walk.js';
import { SequenceIds } from './sequence-ids.js';
import { type Side, SocketError } from './socket-error.js';

/** What the link needs of its socket. */
export interface CompressedLinkOwner {
  /** Takes plain bytes, in order. */
  plain(bytes: Buffer): void;
  /** False while nothing may be handed over. */
  readonly ready: boolean;
  /** A large packet is being unpacked on another thread (true), or was (false): read nothing more meanwhile. */
  busy(busy: boolean): void;
  /** The peer's bytes make no sense: nothing that follows can be trusted. */
  broken(error: SocketError): void;
}

/** Pieces that go out are at most this large: what is compressed in one go keeps everybody else waiting. */
const LARGEST_PIECE = 256 * 1024;
/** Packets that hold more are unpacked on another thread. */
const LARGEST_AT_ONCE = 256 * 1024;

/**
 * The layer of compressed packets between a socket and its frames. A compressed packet holds any piece of the stream of frames: several
 * frames, or a part of one. At most one packet is unpacked ahead of what is wanted, so a bomb costs 16 MiB and no more.
 */
export class CompressedLink {
  readonly #owner: CompressedLinkOwner;
  readonly #side: Side;
  readonly #codec: CompressionCodec;
  readonly #ids: SequenceIds;
  readonly #incoming = new FrameWalk();
  readonly #outgoing = new FrameWalk();
  #chunks: Buffer[] = [];
  #held = 0;
  #header: CompressedHeader | undefined;
  #busy = false;
  #closed = false;
  #pumping = false;

  constructor(owner: CompressedLinkOwner, side: Side, kind: Compression) {
    this.#owner = owner;
    this.#side = side;
    this.#codec = compressionCodec(kind);
    this.#ids = new SequenceIds(side);
  }

  get ids(): SequenceIds {
    return this.#ids;
  }

  /** Something that came is still to be handed over. */
  get hasKept(): boolean {
    return !this.#closed && (this.#busy || this.#packetIsHere());
  }

  /** True when the stream, ending now, would cut a packet in two. */
  get midPacket(): boolean {
    return this.#held > 0 || this.#header !== undefined;
  }

  /** Bytes as they came from the peer. */
  feed(chunk: Buffer): void {
    if (this.#closed) return;
    this.#chunks.push(chunk);
    this.#held += chunk.length;
    this.pump();
  }

  /** Hands over what there is while it is wanted. */
  pump(): void {
    if (this.#pumping) return;
    this.#pumping = true;
    while (!this.#busy && !this.#closed && this.#owner.ready && this.#packetIsHere()) this.#unpack();
    this.#pumping = false;
  }

  close(): void {
    this.#closed = true;
    this.#chunks = [];
    this.#held = 0;
  }

  /** What the socket is to send for these bytes of the stream of frames. */
  pack(bytes: Buffer): readonly Buffer[] {
    this.#outgoing.walk(bytes, (buffer, at) => {
      const own = buffer[at] ?? 0;
      const id = this.#ids.sending(own);
      if (id !== own) buffer[at] = id;
    });
    const packets: Buffer[] = [];
    for (let at = 0; at < bytes.length; at += LARGEST_PIECE) {
      const plain = at === 0 && bytes.length <= LARGEST_PIECE ? bytes : bytes.subarray(at, at + LARGEST_PIECE);
      const packed = plain.length < SHORTEST_COMPRESSED ? plain : this.#codec.compress(plain);
      const isSmaller = packed.length < plain.length;
      const plainLength = isSmaller ? plain.length : 0;
      const contents = isSmaller ? packed : plain;
      packets.push(compressedHeader({ length: contents.length, sequenceId: this.#ids.next(), plainLength }), contents);
    }
    return packets;
  }

  #packetIsHere(): boolean {
    if (this.#header === undefined && this.#held >= COMPRESSED_HEADER_SIZE) {
      this.#header = readCompressedHeader(this.#take(COMPRESSED_HEADER_SIZE), 0);
    }
    return this.#header !== undefined && this.#held >= this.#header.length;
  }

  #unpack(): void {
    const header = this.#header as CompressedHeader;
    this.#header = undefined;
    const { length, plainLength } = header;
    const packed = length === 0 ? Buffer.alloc(0) : this.#take(length);
    if (!this.#ids.received(header.sequenceId)) return this.#break(`compressed packet ${header.sequenceId} out of order`);
    if (plainLength === 0) return this.#give(packed);
    if (plainLength <= LARGEST_AT_ONCE) {
      try {
        this.#finish(this.#codec.decompress(packed, plainLength), plainLength);
      } catch (error) {
        this.#break('a compressed packet that cannot be unpacked', error);
      }
      return;
    }
    this.#busy = true;
    this.#owner.busy(true);
    this.#codec.decompressLater(packed, Math.min(plainLength, MAX_COMPRESSED_PAYLOAD), (error, plain) => {
      this.#busy = false;
      if (this.#closed) return;
      if (error !== null) this.#break('a compressed packet that cannot be unpacked', error);
      else this.#finish(plain, plainLength);
      if (!this.#closed) this.#owner.busy(false);
      this.pump();
    });
  }

  #finish(plain: Buffer, announced: number): void {
    if (plain.length === announced) this.#give(plain);
    else this.#break(`a compressed packet of ${plain.length} bytes that announced ${announced}`);
  }

  #give(plain: Buffer): void {
    if (plain.length === 0) return;
    this.#incoming.walk(plain, (buffer, at) => {
      buffer[at] = this.#ids.frameReceived(buffer[at] ?? 0);
    });
    this.#owner.plain(plain);
  }

  #break(why: string, cause?: unknown): void {
    this.close();
    this.#owner.broken(new SocketError(this.#side, 'other', why, cause));
  }

  /** The next bytes, copied only where they lie in several chunks. */
  #take(wanted: number): Buffer {
    this.#held -= wanted;
    const first = this.#chunks[0] as Buffer;
    if (first.length > wanted) {
      this.#chunks[0] = first.subarray(wanted);
      return first.subarray(0, wanted);
    }
    if (first.length === wanted) return this.#chunks.shift() as Buffer;
    const parts: Buffer[] = [];
    let missing = wanted;
    while (missing > 0) {
      const chunk = this.#chunks[0] as Buffer;
      if (chunk.length <= missing) this.#chunks.shift();
      else this.#chunks[0] = chunk.subarray(missing);
      parts.push(chunk.subarray(0, missing));
      missing -= Math.min(missing, chunk.length);
    }
    return Buffer.concat(parts, wanted);
  }
}
