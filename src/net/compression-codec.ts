import * as zlib from 'node:zlib';
import { Capability, has } from '../protocol/capabilities.js';

export type Compression = 'zlib' | 'zstd';

/** Makes and unmakes the contents of compressed packets. */
export interface CompressionCodec {
  compress(bytes: Buffer): Buffer;
  /** Throws for what is no compressed data, and when it would give more than `plainLength` bytes. */
  decompress(bytes: Buffer, plainLength: number): Buffer;
  /** The same on another thread, for large packets. */
  decompressLater(bytes: Buffer, plainLength: number, done: (error: Error | null, plain: Buffer) => void): void;
}

type Options = { maxOutputLength: number };

/** What node:zlib has from 22.15 and 23.8 on; our types are those of Node 20. */
interface ZstdFunctions {
  readonly zstdCompressSync?: (bytes: Buffer) => Buffer;
  readonly zstdDecompressSync?: (bytes: Buffer, options: Options) => Buffer;
  readonly zstdDecompress?: (bytes: Buffer, options: Options, done: (error: Error | null, plain: Buffer) => void) => void;
}

// Level 1: three quarters of the time of level 6 for 3 % more bytes (56 KiB of result rows: 560 and 740 us), on the one thread of many
// clients. Not on another thread: for a small packet that costs ten times as much (200 bytes: 40 and 400 us).
const ZLIB: CompressionCodec = {
  compress: (bytes) => zlib.deflateSync(bytes, { level: 1 }),
  decompress: (bytes, plainLength) => zlib.inflateSync(bytes, { maxOutputLength: plainLength }),
  decompressLater: (bytes, plainLength, done) => zlib.inflate(bytes, { maxOutputLength: plainLength }, done),
};

function zstdOf({ zstdCompressSync, zstdDecompressSync, zstdDecompress }: ZstdFunctions): CompressionCodec | undefined {
  if (zstdCompressSync === undefined || zstdDecompressSync === undefined || zstdDecompress === undefined) return undefined;
  return {
    compress: (bytes) => zstdCompressSync(bytes),
    decompress: (bytes, plainLength) => zstdDecompressSync(bytes, { maxOutputLength: plainLength }),
    decompressLater: (bytes, plainLength, done) => zstdDecompress(bytes, { maxOutputLength: plainLength }, done),
  };
}

const ZSTD = zstdOf(zlib as ZstdFunctions);

/** Whether the running Node can do zstd. */
export const HAS_ZSTD = ZSTD !== undefined;

export function compressionCodec(kind: Compression): CompressionCodec {
  return kind === 'zstd' && ZSTD !== undefined ? ZSTD : ZLIB;
}

/** What a login agreed on. Where both were named zlib is meant, as servers see it. */
export function agreedCompression(capabilities: number): Compression | undefined {
  if (has(capabilities, Capability.COMPRESS)) return 'zlib';
  return has(capabilities, Capability.ZSTD_COMPRESSION) ? 'zstd' : undefined;
}
