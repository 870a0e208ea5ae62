import { choice } from '../kinds/choice.js';
import { listOf } from '../kinds/collection.js';
import { serverAddress } from '../kinds/endpoint.js';
import { duration } from '../kinds/quantity.js';
import { defaulted, optional, section } from '../kinds/section.js';
import { filePath, secret, text } from '../kinds/text.js';

const etcdEndpoint = text({
  text: '`http://host:port` or `https://host:port`',
  pattern: /^https?:\/\/(\[[\da-fA-F:]+\]|[\w.-]+):\d{1,5}$/,
  otherwise: 'write http://host:port or https://host:port, with nothing behind',
});

/** Which of several proxies may change servers. */
export const coordinatorSection = section({
  kind: defaulted(
    choice('none', 'database', 'etcd'),
    'none',
    'Who decides which of several proxies may promote: nobody, there is only one (`none`); locks on more than half of the servers and `witnesses` (`database`); an etcd cluster (`etcd`). All proxies of a cluster need the same here, and the same name for the cluster.',
  ),
  lease: defaulted(
    duration('2s', '1m'),
    '5s',
    'How long a proxy that says nothing keeps its right to change servers, in whole seconds (a fraction is dropped). A proxy that is paused longer finds its connections to the servers closed.',
  ),
  witnesses: defaulted(
    listOf(serverAddress(), 'address'),
    [],
    'For `database`: further servers, not of this cluster, whose locks count; the account of `monitor` logs in there. A primary with one replica needs one.',
  ),
  endpoints: defaulted(
    listOf(etcdEndpoint, 'endpoint'),
    [],
    'For `etcd`: where its members listen for clients. One that does not answer is passed over.',
  ),
  prefix: defaulted(
    text({ text: 'beginning of a key', maxLength: 255, pattern: /^[\x21-\x7e]+$/, otherwise: 'a key has no spaces and only ASCII' }),
    '/pointsman/',
    "For `etcd`: what stands before the cluster's name in its key.",
  ),
  user: optional(text({ maxLength: 255 }), 'For `etcd`: user to log in as, where its authentication is on.'),
  password: optional(secret(), 'Its password.'),
  caFile: optional(filePath(), 'For `etcd` with https: certificates that its members are checked against, PEM.', {
    fallbackText: "Node's own list",
  }),
  certFile: optional(
    filePath(),
    'For `etcd` with https: certificate to show, PEM; without a common name where authentication is on, else etcd refuses it.',
  ),
  keyFile: optional(filePath(), 'Private key of `certFile`, PEM.'),
});
