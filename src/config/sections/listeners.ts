import { choice } from '../kinds/choice.js';
import { listOf } from '../kinds/collection.js';
import { listenAddress, network } from '../kinds/endpoint.js';
import { defaulted, optional, required, section } from '../kinds/section.js';
import { filePath, name } from '../kinds/text.js';

/** Where clients connect. */
export const listenerSection = section({
  name: optional(name(), 'Name in logs and metrics.', { fallbackText: 'the address', example: 'split' }),
  address: required(listenAddress(), 'Where to listen.', { example: '0.0.0.0:6450' }),
  cluster: optional(name(), 'The cluster its clients get to.', { fallbackText: 'the only cluster', example: 'main' }),
  route: required(
    choice('split', 'primary', 'replica'),
    'Which server its sessions get: each statement its own, pure reads a replica and everything else the primary (`split`); the primary; or a replica (the primary where no replica is fit).',
    {
      example: 'split',
    },
  ),
  proxyProtocolFrom: optional(
    listOf(network(), 'address range', 1),
    'Load balancers that begin each connection with a PROXY header (version 1 or 2): the address in it is the client everywhere. From these addresses the header is a must, from others it is refused.',
    { fallbackText: 'nobody', example: ['10.0.0.0/8'] },
  ),
  tls: defaulted(
    section({
      mode: optional(
        choice('off', 'prefer', 'require'),
        'Encryption towards clients: none (`off`), for clients that ask for it (`prefer`), or clients without it are refused (`require`; those of a unix socket are not).',
        { fallbackText: '`prefer`; `require` with `"clientCertificate": "require"`', example: 'prefer' },
      ),
      minVersion: defaulted(choice('1.2', '1.3'), '1.2', 'Oldest TLS version accepted.'),
      certFile: optional(
        filePath(),
        'Certificate chain, PEM, the own certificate first. Read again when it changes: new connections get the new one.',
        { reloadable: true, fallbackText: 'a self-signed one, made at each start', example: '/etc/pointsman/tls/cert.pem' },
      ),
      keyFile: optional(filePath(), 'Private key of the certificate, PEM. Read again when it changes.', {
        reloadable: true,
        example: '/etc/pointsman/tls/key.pem',
      }),
      clientCaFile: optional(
        filePath(),
        'Certificates of authorities, PEM: clients are asked for a certificate, and one that is shown must be signed by one of these. Read again when it changes.',
        { reloadable: true, fallbackText: 'clients are not asked for one', example: '/etc/pointsman/tls/client-ca.pem' },
      ),
      clientCertificate: defaulted(
        choice('ask', 'require'),
        'ask',
        'With `clientCaFile`: whether clients without a certificate may log in (`ask`, but for accounts with `users[].certificate`) or not (`require`).',
      ),
    }),
    {},
    'Encryption towards clients.',
  ),
});

export const listenerList = listOf(listenerSection, 'listener', 1);
