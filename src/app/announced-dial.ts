import { withOwnAttributes } from '../backend/own-attributes.js';
import type { ClusterConfig } from '../config/config.js';
import { agreedCompression, type Compression, HAS_ZSTD } from '../net/compression-codec.js';
import { encodeProxyHeader } from '../net/proxy-header.js';
import type { ClusterServices } from '../session/services.js';
import { configuredName } from '../topology/members.js';
import { VERSION } from './version.js';

/** `dial` with what the configuration says of the link itself (a PROXY header in front, compression), and our connection attributes. */
export function announcedDial(cluster: ClusterConfig, dial: ClusterServices['dial']): ClusterServices['dial'] {
  const versions = new Map(cluster.backends.map(({ name, proxyProtocol }) => [name, proxyProtocol]));
  return (request, done) => {
    const header = versions.get(request.backend) ?? versions.get(configuredName(request.backend)) ?? cluster.proxyProtocol;
    const preamble = header === 'off' ? undefined : encodeProxyHeader(header, request.client);
    const { client, connectionId } = request;
    const attributes = withOwnAttributes(request.attributes, { version: VERSION, clientAddress: client?.source.address, connectionId });
    return dial({ ...request, attributes, preamble, compression: compressionOf(cluster.compression, request.capabilities) }, done);
  };
}

function compressionOf(mode: ClusterConfig['compression'], clientCapabilities: number): Compression | undefined {
  if (mode === 'off') return undefined;
  if (mode === 'mirror') return agreedCompression(clientCapabilities);
  return mode === 'zstd' && HAS_ZSTD ? 'zstd' : 'zlib';
}
