import { HAS_ZSTD } from '../net/compression-codec.js';
import { Capability, MariadbCapability } from '../protocol/capabilities.js';

/** What the real servers behind us say of themselves; our greeting repeats it as far as we can keep it. */
export interface GreetingTemplate {
  /** As in their greeting, MariaDB's `5.5.5-` prefix included. */
  readonly serverVersion: string;
  /** The bits that all of them have. */
  readonly capabilities: number;
  readonly mariadbCapabilities: number;
  /** Low byte of the default collation id. */
  readonly charset: number;
}

/** Offered whatever the servers have: the client's link is compressed by us. */
export const OFFERED_COMPRESSION = Capability.COMPRESS | (HAS_ZSTD ? Capability.ZSTD_COMPRESSION : 0);

/**
 * What may be offered to clients if the servers have it: everything but COMPRESS and ZSTD_COMPRESSION (see above) and
 * CAPABILITY_EXTENSION. SSL is offered by the listener's own setting.
 */
export const OFFERED_CAPABILITIES =
  (Capability.LONG_PASSWORD |
    Capability.FOUND_ROWS |
    Capability.LONG_FLAG |
    Capability.CONNECT_WITH_DB |
    Capability.NO_SCHEMA |
    Capability.ODBC |
    Capability.LOCAL_FILES |
    Capability.IGNORE_SPACE |
    Capability.PROTOCOL_41 |
    Capability.INTERACTIVE |
    Capability.IGNORE_SIGPIPE |
    Capability.TRANSACTIONS |
    Capability.RESERVED |
    Capability.SECURE_CONNECTION |
    Capability.MULTI_STATEMENTS |
    Capability.MULTI_RESULTS |
    Capability.PS_MULTI_RESULTS |
    Capability.PLUGIN_AUTH |
    Capability.CONNECT_ATTRS |
    Capability.PLUGIN_AUTH_LENENC_CLIENT_DATA |
    Capability.CAN_HANDLE_EXPIRED_PASSWORDS |
    Capability.SESSION_TRACK |
    Capability.DEPRECATE_EOF |
    Capability.OPTIONAL_RESULTSET_METADATA |
    Capability.QUERY_ATTRIBUTES |
    Capability.MULTI_FACTOR_AUTHENTICATION |
    Capability.SSL_VERIFY_SERVER_CERT |
    Capability.REMEMBER_OPTIONS) >>>
  0;

/** Offered whatever the servers say: without these two no login of today works. */
export const REQUIRED_CAPABILITIES = (Capability.PROTOCOL_41 | Capability.SECURE_CONNECTION | Capability.PLUGIN_AUTH) >>> 0;

/**
 * MariaDB's own. Left out: COM_MULTI and BULK_UNIT_RESULTS (not understood), and CACHE_METADATA: a statement prepared again on another server
 * would be answered without the column definitions that only the first server had sent, and those may have changed.
 */
export const OFFERED_MARIADB_CAPABILITIES =
  MariadbCapability.PROGRESS | MariadbCapability.STMT_BULK_OPERATIONS | MariadbCapability.EXTENDED_METADATA;

/**
 * The plugin a greeting of that server version names: MySQL turned to caching_sha2_password with 8.0.4; MariaDB never did.
 */
export function greetingPlugin(serverVersion: string): 'caching_sha2_password' | 'mysql_native_password' {
  if (serverVersion.startsWith('5.5.5-') || /mariadb/i.test(serverVersion)) return 'mysql_native_password';
  const [major = 0, minor = 0, patch = 0] = serverVersion.split(/[^0-9]+/, 3).map(Number);
  const atLeast804 = major > 8 || (major === 8 && (minor > 0 || patch >= 4));
  return atLeast804 ? 'caching_sha2_password' : 'mysql_native_password';
}
