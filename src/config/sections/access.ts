import { subjectName } from '../kinds/certificate-name.js';
import { choice } from '../kinds/choice.js';
import { listOf } from '../kinds/collection.js';
import { network } from '../kinds/endpoint.js';
import { flag } from '../kinds/flag.js';
import { duration, size } from '../kinds/quantity.js';
import { defaulted, optional, required, section } from '../kinds/section.js';
import { name, secret, text } from '../kinds/text.js';
import { wholeNumber } from '../kinds/whole-number.js';

/** How clients prove who they are. */
export const authSection = section({
  mode: defaulted(
    choice('auto', 'configured'),
    'auto',
    'Who may log in. `auto`: every account of the servers with its own password, which is learnt at its first login; `users` need not be written. `configured`: the accounts under `users` and nobody else.',
  ),
  verifyInterval: defaulted(
    duration('0s', '30d'),
    '60s',
    'A first login is tried on a server unless the same secret was proven there within this time.',
    { reloadable: true },
  ),
  allowClearText: defaulted(
    flag(),
    false,
    'Whether mysql_clear_password may be answered where neither TLS nor a unix socket hides the password: by clients to Pointsman, and by Pointsman to servers that ask for it.',
  ),
});

/** The client certificate that an account is bound to; also written as just its subject. */
const certificateSection = section(
  {
    subject: optional(
      subjectName(),
      'What the subject must hold: every attribute written here with exactly this value; others do not matter.',
      {
        fallbackText: 'any',
        example: 'CN=app,O=Example',
      },
    ),
    altName: optional(
      text({
        text: '`DNS:`, `URI:`, `email:` or `IP Address:` with a name',
        maxLength: 1024,
        pattern: /^(DNS|URI|email|IP Address):./,
        otherwise: 'it begins with DNS:, URI:, email: or "IP Address:", such as URI:spiffe://example.org/app',
      }),
      'A subject alternative name that the certificate must have.',
      { fallbackText: 'any', example: 'URI:spiffe://example.org/app' },
    ),
    insteadOfPassword: defaulted(
      flag(),
      false,
      'The certificate is proof enough: whatever password the client sends, `password` is what the servers are shown.',
    ),
  },
  'subject',
);

/** An account that clients log in with; the servers have the same account with the same password. */
export const userSection = section({
  name: required(text({ maxLength: 80 }), 'Account name.', { example: 'app' }),
  password: optional(secret(), 'Its password, the same as on the servers.', {
    reloadable: true,
    fallbackText: 'the servers know (`auth.mode: auto`), or a stored hash',
    example: '${env:APP_PASSWORD}',
  }),
  oldPassword: optional(secret(), 'A second valid password: the one before or after, while a change is under way.', { reloadable: true }),
  passwordHash: optional(
    secret(),
    'Instead of the clear password its hash as a server keeps it (`authentication_string`): `*…` of mysql_native_password, `$A$005$…` of caching_sha2_password, `$5$…` of sha256_password, 43 characters of ed25519. Control characters as `\\u0001`, `${` as `$${`.',
    { reloadable: true },
  ),
  allow: optional(listOf(network(), 'address range'), 'Addresses it may come from.', {
    reloadable: true,
    fallbackText: 'everywhere',
    example: ['10.0.0.0/8'],
  }),
  certificate: optional(
    certificateSection,
    'The account may log in only over TLS with a client certificate that `listeners[].tls.clientCaFile` accepts and that fits; as `REQUIRE SUBJECT` of MySQL. `{}`: any such certificate.',
    { fallbackText: 'none is needed', example: 'CN=app,O=Example' },
  ),
  maxConnections: optional(wholeNumber(1, 1_000_000), 'Most client connections of this account.', {
    reloadable: true,
    fallbackText: 'no limit',
    example: 200,
  }),
  cluster: optional(name(), 'Cluster its sessions get to, whatever the listener says.', {
    reloadable: true,
    fallbackText: "the listener's",
  }),
  route: optional(choice('split', 'primary', 'replica'), 'Route of its sessions, whatever the listener says.', {
    reloadable: true,
    fallbackText: "the listener's",
  }),
});

/** Bounds for the whole process group. */
export const limitsSection = section({
  clients: defaulted(wholeNumber(1, 1_000_000), 10_000, 'Most client connections; further ones get error 1040.', { reloadable: true }),
  clientsPerAddress: defaulted(wholeNumber(1, 1_000_000), 1000, 'Most client connections from one address.', { reloadable: true }),
  handshakeTimeout: defaulted(duration('100ms', '5m'), '10s', 'Longest time a client may take to log in.', { reloadable: true }),
  maxRerunSize: defaulted(size('0B', '1GiB'), '1MiB', 'Longest statement that is kept so that it can run once more elsewhere.', {
    reloadable: true,
  }),
});
