/**
 * Capability flags that client and server agree on at login (source: MySQL 8.0 `mysql_com.h`, MariaDB 10.11 `mysql_com.h`).
 * Bit 31 is in use, so compare with `has()` or `>>> 0`: JavaScript's `&` gives signed numbers.
 */
export const Capability = {
  /** MySQL: always set. MariaDB calls it CLIENT_MYSQL: *unset* means that `MariadbCapability` bits follow. */
  LONG_PASSWORD: 0x1,
  FOUND_ROWS: 0x2,
  LONG_FLAG: 0x4,
  CONNECT_WITH_DB: 0x8,
  NO_SCHEMA: 0x10,
  COMPRESS: 0x20,
  ODBC: 0x40,
  LOCAL_FILES: 0x80,
  IGNORE_SPACE: 0x100,
  PROTOCOL_41: 0x200,
  INTERACTIVE: 0x400,
  SSL: 0x800,
  IGNORE_SIGPIPE: 0x1000,
  /** The server sends status flags. */
  TRANSACTIONS: 0x2000,
  RESERVED: 0x4000,
  /** 20-byte nonces (once a flag of its own, today always set). */
  SECURE_CONNECTION: 0x8000,
  MULTI_STATEMENTS: 0x1_0000,
  MULTI_RESULTS: 0x2_0000,
  PS_MULTI_RESULTS: 0x4_0000,
  PLUGIN_AUTH: 0x8_0000,
  CONNECT_ATTRS: 0x10_0000,
  PLUGIN_AUTH_LENENC_CLIENT_DATA: 0x20_0000,
  CAN_HANDLE_EXPIRED_PASSWORDS: 0x40_0000,
  SESSION_TRACK: 0x80_0000,
  /** Result sets end with an OK packet whose header is 0xfe; no EOF between columns and rows. */
  DEPRECATE_EOF: 0x100_0000,
  /** The client can live without column definitions; result headers carry a flag byte. */
  OPTIONAL_RESULTSET_METADATA: 0x200_0000,
  ZSTD_COMPRESSION: 0x400_0000,
  QUERY_ATTRIBUTES: 0x800_0000,
  MULTI_FACTOR_AUTHENTICATION: 0x1000_0000,
  CAPABILITY_EXTENSION: 0x2000_0000,
  SSL_VERIFY_SERVER_CERT: 0x4000_0000,
  REMEMBER_OPTIONS: 0x8000_0000,
} as const;

/** MariaDB's own flags: bits 32 and up of its 64-bit set, here shifted down by 32. */
export const MariadbCapability = {
  /** The server may send progress reports: ERR packets with code 0xffff that end nothing. */
  PROGRESS: 0x1,
  COM_MULTI: 0x2,
  STMT_BULK_OPERATIONS: 0x4,
  /** Column definitions carry a block with the names of extended types (JSON, INET6 ...). */
  EXTENDED_METADATA: 0x8,
  /** The server leaves out column definitions that the client has from an earlier execute; result headers carry a flag byte. */
  CACHE_METADATA: 0x10,
  BULK_UNIT_RESULTS: 0x20,
} as const;

/** True when `capabilities` holds every bit of `flags`. */
export function has(capabilities: number, flags: number): boolean {
  return (capabilities & flags) >>> 0 === flags >>> 0;
}

/** Names of the bits that are set, for logs: `LONG_PASSWORD|PROTOCOL_41`. */
export function capabilityNames(capabilities: number): string {
  const names: string[] = [];
  for (const [name, bit] of Object.entries(Capability)) {
    if (has(capabilities, bit)) names.push(name);
  }
  return names.join('|');
}
