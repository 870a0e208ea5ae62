import type { GreetingTemplate } from '../client/greeting-template.js';
import { Capability } from '../protocol/capabilities.js';
import type { ClusterSnapshot, ServerIdentity } from '../topology/snapshot.js';

/** What a MySQL 8.0 offers, for a greeting before any server has been seen: without the bits that not every server has. */
const PLAIN_CAPABILITIES =
  (Capability.LONG_PASSWORD |
    Capability.FOUND_ROWS |
    Capability.LONG_FLAG |
    Capability.CONNECT_WITH_DB |
    Capability.LOCAL_FILES |
    Capability.IGNORE_SPACE |
    Capability.PROTOCOL_41 |
    Capability.INTERACTIVE |
    Capability.TRANSACTIONS |
    Capability.SECURE_CONNECTION |
    Capability.MULTI_STATEMENTS |
    Capability.MULTI_RESULTS |
    Capability.PS_MULTI_RESULTS |
    Capability.PLUGIN_AUTH |
    Capability.CONNECT_ATTRS |
    Capability.PLUGIN_AUTH_LENENC_CLIENT_DATA |
    Capability.SESSION_TRACK |
    Capability.DEPRECATE_EOF) >>>
  0;

/** utf8mb4_general_ci */
const PLAIN_CHARSET = 45;

/**
 * The greeting that mirrors a cluster: version and charset of its primary (else of any server that was ever seen), the capabilities that
 * all of its servers have. Undefined when no server has been seen and no version is configured.
 */
export function greetingOf(snapshot: ClusterSnapshot, configuredVersion: string | undefined): GreetingTemplate | undefined {
  const seen: ServerIdentity[] = [];
  for (const { identity } of snapshot.backends) if (identity !== undefined) seen.push(identity);
  const model = snapshot.backends.find(({ name }) => name === snapshot.primary)?.identity ?? seen[0];
  if (model === undefined) {
    if (configuredVersion === undefined) return undefined;
    return { serverVersion: configuredVersion, capabilities: PLAIN_CAPABILITIES, mariadbCapabilities: 0, charset: PLAIN_CHARSET };
  }
  return {
    serverVersion: model.greetingVersion,
    capabilities: seen.reduce((common, { capabilities }) => common & capabilities, 0xffffffff) >>> 0,
    mariadbCapabilities: seen.reduce((common, { mariadbCapabilities }) => common & mariadbCapabilities, 0xffffffff) >>> 0,
    charset: model.charset,
  };
}
