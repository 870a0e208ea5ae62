import { type GreetingTemplate, OFFERED_CAPABILITIES } from '../client/greeting-template.js';
import { Capability } from '../protocol/capabilities.js';
import type { ClusterSnapshot, ServerIdentity } from '../topology/snapshot.js';

/** For a greeting before any server has been seen: without the bits that not every server has. */
const PLAIN_CAPABILITIES =
  (OFFERED_CAPABILITIES & ~(Capability.OPTIONAL_RESULTSET_METADATA | Capability.QUERY_ATTRIBUTES | Capability.REMEMBER_OPTIONS)) >>> 0;

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
