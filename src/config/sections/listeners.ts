import { choice } from '../kinds/choice.js';
import { listOf } from '../kinds/collection.js';
import { listenAddress } from '../kinds/endpoint.js';
import { defaulted, optional, required, section } from '../kinds/section.js';
import { filePath, name } from '../kinds/text.js';

/** Where clients connect. */
export const listenerSection = section({
  name: optional(name(), 'Name in logs and metrics.', { fallbackText: 'the address', example: 'primary' }),
  address: required(listenAddress(), 'Where to listen.', { example: '0.0.0.0:6446' }),
  cluster: optional(name(), 'The cluster its clients get to.', { fallbackText: 'the only cluster', example: 'main' }),
  route: required(
    choice('primary', 'replica'),
    'Which server its sessions get: the primary, or a replica (the primary where no replica is fit).',
    {
      example: 'primary',
    },
  ),
  tls: defaulted(
    section({
      mode: optional(
        choice('off', 'prefer', 'require'),
        'Encryption towards clients: none, if the client asks for it, or clients without it are refused. Needs `certFile` and `keyFile`.',
        { fallbackText: '`prefer` with a `certFile`, else `off`', example: 'prefer' },
      ),
      minVersion: defaulted(choice('1.2', '1.3'), '1.2', 'Oldest TLS version accepted.'),
      certFile: optional(filePath(), 'Certificate chain, PEM.', { example: '/etc/pointsman/tls/cert.pem' }),
      keyFile: optional(filePath(), 'Private key of the certificate, PEM.', { example: '/etc/pointsman/tls/key.pem' }),
    }),
    {},
    'Encryption towards clients.',
  ),
});

export const listenerList = listOf(listenerSection, 'listener', 1);
