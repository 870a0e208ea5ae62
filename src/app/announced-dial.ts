import type { ClusterConfig } from '../config/config.js';
import { encodeProxyHeader } from '../net/proxy-header.js';
import type { ClusterServices } from '../session/services.js';

/** `dial` with a PROXY header in front, for the servers that are configured to get one. */
export function announcedDial({ backends }: ClusterConfig, dial: ClusterServices['dial']): ClusterServices['dial'] {
  const versions = new Map(backends.map(({ name, proxyProtocol }) => [name, proxyProtocol]));
  if (backends.every(({ proxyProtocol }) => proxyProtocol === 'off')) return dial;
  return (request, done) => {
    const version = versions.get(request.backend) ?? 'off';
    return dial(version === 'off' ? request : { ...request, preamble: encodeProxyHeader(version, request.client) }, done);
  };
}
