/*
 * The header around packets on a compressed connection: compressed length, sequence id of its own, length before compression (0: stored as
 * it is). https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_basic_compression_packet.html
 */

export const COMPRESSED_HEADER_SIZE = 7;
/** Shorter pieces are stored as they are, as servers and clients do it. */
export const SHORTEST_COMPRESSED = 50;
/** The most that one compressed packet can hold, on either side of the compression. */
export const MAX_COMPRESSED_PAYLOAD = 0xff_ffff;

export interface CompressedHeader {
  /** Bytes that follow the header. */
  readonly length: number;
  readonly sequenceId: number;
  /** Bytes before compression; 0: they were not compressed. */
  readonly plainLength: number;
}

/** Needs `COMPRESSED_HEADER_SIZE` bytes from `at`. */
export function readCompressedHeader(bytes: Buffer, at: number): CompressedHeader {
  return { length: bytes.readUIntLE(at, 3), sequenceId: bytes[at + 3] ?? 0, plainLength: bytes.readUIntLE(at + 4, 3) };
}

export function compressedHeader({ length, sequenceId, plainLength }: CompressedHeader): Buffer {
  const header = Buffer.allocUnsafe(COMPRESSED_HEADER_SIZE);
  header.writeUIntLE(length, 0, 3);
  header[3] = sequenceId;
  header.writeUIntLE(plainLength, 4, 3);
  return header;
}
