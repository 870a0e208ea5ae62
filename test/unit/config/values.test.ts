import t from 'tap';
import { formatAddress, isLoopback, parseAddress } from '../../../src/config/address.js';
import { nearestName } from '../../../src/config/nearest-name.js';
import { parseNetwork } from '../../../src/config/network.js';
import { errorsOf, load, minimal } from './load.js';

t.test('addresses', async (t) => {
  t.same(parseAddress('10.0.0.1:3306', false), { host: '10.0.0.1', port: 3306 });
  t.same(parseAddress('db-1.example_x.:3306', false), { host: 'db-1.example_x.', port: 3306 });
  t.same(parseAddress('[::1]:3306', false), { host: '::1', port: 3306 });
  t.same(parseAddress('unix:/run/my.sock', false), { host: '', port: 0, path: '/run/my.sock' });
  t.same(parseAddress('127.0.0.1:0', true), { host: '127.0.0.1', port: 0 });
  const wrong: readonly [string, RegExp][] = [
    ['10.0.0.1', /no port; write 10\.0\.0\.1:3306/],
    ['10.0.0.1:', /no port; write 10\.0\.0\.1:3306/],
    [':3306', /no host/],
    ['::1', /brackets; write \[::1\]:3306/],
    ['[::1]', /no port; write \[::1\]:3306/],
    ['[10.0.0.1]:1', /only an IPv6 address/],
    ['a:b:1', /write host:port/],
    ['10.0.0.1:0', /from 1 to 65535/],
    ['10.0.0.1:65536', /from 1 to 65535/],
    ['10.0.0.1:x', /from 1 to 65535/],
    ['10.0.0.256:1', /not an IPv4 address/],
    ['a b:1', /not a host name/],
    ['-a:1', /not a host name/],
    ['mysql://db:1', /without a scheme/],
    ['unix:run/x', /must begin with \//],
    [`unix:/${'x'.repeat(200)}`, /107 bytes/],
  ];
  for (const [text, message] of wrong) t.match(parseAddress(text, false), message, text);
  for (const text of ['10.0.0.1:3306', '[::1]:3306', 'unix:/run/my.sock']) {
    const address = parseAddress(text, false);
    t.equal(typeof address === 'string' ? '' : formatAddress(address), text);
  }
  for (const [text, loopback] of Object.entries({
    '127.9.9.9:1': true,
    '[::1]:1': true,
    'localhost:1': true,
    'unix:/x': true,
    '0.0.0.0:1': false,
    '[::]:1': false,
  })) {
    const address = parseAddress(text, true);
    t.equal(typeof address !== 'string' && isLoopback(address), loopback, text);
  }
});

t.test('address ranges', async (t) => {
  t.same(parseNetwork('10.0.0.0/8'), { address: '10.0.0.0', prefix: 8, family: 'ipv4' });
  t.same(parseNetwork('::1'), { address: '::1', prefix: 128, family: 'ipv6' });
  for (const text of ['10.0.0.0/33', 'fd00::/129', 'x', '10.0.0.0/', '10.0.0/8', '1.2.3.4/-1']) t.type(parseNetwork(text), 'string', text);
});

t.test('durations and sizes', async (t) => {
  const timeout = (text: string) => load(minimal(`"drain": { "acceptFor": "0s", "timeout": ${text} }`)).drain.timeoutMs;
  t.equal(timeout('"500ms"'), 500);
  t.equal(timeout('"1.5s"'), 1500);
  t.equal(timeout('"2 m"'), 120_000);
  t.equal(timeout('"1h"'), 3_600_000);
  t.equal(timeout('"0.5d"'), 43_200_000);
  const size = (text: string) => load(minimal(`"limits": { "maxRerunSize": ${text} }`)).limits.maxRerunSizeBytes;
  t.equal(size('"0B"'), 0);
  t.equal(size('"1KiB"'), 1024);
  t.equal(size('"1KB"'), 1000);
  t.equal(size('"0.5GiB"'), 2 ** 29);
  for (const text of ['10', '"10"', '"10 sec"', '"-1s"', '""', 'null', '"1e3s"']) {
    t.match(
      errorsOf(minimal(`"drain": { "timeout": ${text} }`)),
      [/drain\.timeout: a duration is text with its unit, such as "500ms"/],
      text,
    );
  }
  t.match(errorsOf(minimal('"drain": { "timeout": "25h" }')), [/must be from 0s to 24h/]);
  t.match(errorsOf(minimal('"limits": { "maxRerunSize": "2GiB" }')), [/must be from 0B to 1GiB/]);
  t.match(errorsOf(minimal('"limits": { "maxRerunSize": "16mib" }')), [/a size is text with its unit/]);
});

t.test('did you mean', async (t) => {
  const known = ['monitor', 'failover', 'timeout', 'interval', 'clients'];
  t.equal(nearestName('montor', known), 'monitor');
  t.equal(nearestName('Timeout', known), 'timeout');
  t.equal(nearestName('intervall', known), 'interval');
  t.equal(nearestName('cleints', known), 'clients');
  t.equal(nearestName('console', known), undefined);
  t.equal(nearestName('x', known), undefined);
});
