import type { Compression } from '../net/compression-codec.js';
import { Capability, has } from '../protocol/capabilities.js';

/** Asked of every backend whatever the client wanted: we need them to log in and to follow the session's state. */
const ALWAYS =
  Capability.PROTOCOL_41 |
  Capability.TRANSACTIONS |
  Capability.SECURE_CONNECTION |
  Capability.PLUGIN_AUTH |
  Capability.PLUGIN_AUTH_LENENC_CLIENT_DATA |
  Capability.CONNECT_ATTRS |
  Capability.SESSION_TRACK;

/** Never asked for because of the client: these belong to its own link. */
const LINK_ONLY =
  Capability.SSL |
  Capability.COMPRESS |
  Capability.ZSTD_COMPRESSION |
  Capability.CAPABILITY_EXTENSION |
  Capability.CONNECT_WITH_DB |
  Capability.LONG_PASSWORD;

export interface LinkWish {
  /** The client's. */
  readonly capabilities: number;
  readonly mariadbCapabilities: number;
  readonly tls: boolean;
  readonly database: boolean;
  readonly compression?: Compression | undefined;
}

export interface LinkCapabilities {
  /** What we send and, being a part of what the server offered, what is in force. */
  readonly capabilities: number;
  readonly mariadbCapabilities: number;
}

/**
 * The capability bits for a backend connection: the client's, so that packets pass untouched, less what belongs to its own link, with what we
 * always need, as far as the server offers it.
 */
export function linkCapabilities(wish: LinkWish, offered: number, offeredMariadb: number): LinkCapabilities {
  // MariaDB leaves bit 0 (CLIENT_MYSQL to it) unset to say that its own bits follow; a client that wants them does the same.
  const mariadb = !has(offered, Capability.LONG_PASSWORD);
  const wanted =
    (wish.capabilities & ~LINK_ONLY) |
    ALWAYS |
    compressionBit(wish.compression, offered) |
    (wish.tls ? Capability.SSL : 0) |
    (wish.database ? Capability.CONNECT_WITH_DB : 0) |
    (mariadb ? 0 : Capability.LONG_PASSWORD);
  return {
    capabilities: (wanted & offered) >>> 0,
    mariadbCapabilities: mariadb ? wish.mariadbCapabilities & offeredMariadb : 0,
  };
}

/** One bit at most: servers that see both choose zlib. */
function compressionBit(wanted: Compression | undefined, offered: number): number {
  if (wanted === undefined) return 0;
  return wanted === 'zstd' && has(offered, Capability.ZSTD_COMPRESSION) ? Capability.ZSTD_COMPRESSION : Capability.COMPRESS;
}
