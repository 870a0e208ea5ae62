import t from 'tap';
import { encodeProxyHeader, LONGEST_V2_BODY, parseProxyHeader } from '../../../src/net/proxy-header.js';

// Headers as the specification and its sample code write them; version 2 spelled out byte by byte.
const SIGNATURE = '0d0a0d0a000d0a515549540a';
const V1 = 'PROXY TCP4 192.168.0.1 192.168.0.11 56324 443\r\n';
const V2_IPV4 = `${SIGNATURE}2111000cc0a80001c0a8000bdc0401bb`;
const V2_IPV6 = `${SIGNATURE}21210024${'20010db8000000000000000000000001'}${'20010db8000000000000000000000002'}dc0401bb`;
const V4_ENDS = { source: { address: '192.168.0.1', port: 56324 }, destination: { address: '192.168.0.11', port: 443 } };
const V6_ENDS = { source: { address: '2001:db8::1', port: 56324 }, destination: { address: '2001:db8::2', port: 443 } };

const hex = (text: string): Buffer => Buffer.from(text, 'hex');
const latin = (text: string): Buffer => Buffer.from(text, 'latin1');
const parsed = (bytes: Buffer) => parseProxyHeader(bytes);

t.test('headers, split at every byte and with bytes behind them', async (t) => {
  const table = [
    { name: 'v1 TCP4', bytes: latin(V1), ends: V4_ENDS },
    { name: 'v1 TCP6', bytes: latin('PROXY TCP6 2001:db8::1 2001:db8::2 56324 443\r\n'), ends: V6_ENDS },
    { name: 'v1 UNKNOWN', bytes: latin('PROXY UNKNOWN\r\n'), ends: undefined },
    { name: 'v1 UNKNOWN with words', bytes: latin('PROXY UNKNOWN ffff:: what ever 1 2\r\n'), ends: undefined },
    { name: 'v2 IPv4', bytes: hex(V2_IPV4), ends: V4_ENDS },
    { name: 'v2 IPv6', bytes: hex(V2_IPV6), ends: V6_ENDS },
    { name: 'v2 IPv4 with TLVs', bytes: hex(`${SIGNATURE}21110013c0a80001c0a8000bdc0401bb${'040000'}${'ea000161'}`), ends: V4_ENDS },
    { name: 'v2 LOCAL', bytes: hex(`${SIGNATURE}20000000`), ends: undefined },
    { name: 'v2 LOCAL with addresses', bytes: hex(V2_IPV4.replace('2111000c', '2011000c')), ends: undefined },
    { name: 'v2 UNSPEC', bytes: hex(`${SIGNATURE}21000003aabbcc`), ends: undefined },
    { name: 'v2 UDP', bytes: hex(V2_IPV4.replace('2111000c', '2112000c')), ends: undefined },
    {
      name: 'v2 AF_UNIX',
      bytes: Buffer.concat([hex(`${SIGNATURE}213100d8`), Buffer.alloc(216)]),
      ends: { source: { address: 'localhost', port: 0 }, destination: { address: 'localhost', port: 0 } },
    },
  ];
  for (const { name, bytes, ends } of table) {
    for (let length = 0; length < bytes.length; length += 1) {
      if (parsed(bytes.subarray(0, length)).kind !== 'incomplete') t.fail(`${name}: complete after ${length} of ${bytes.length} bytes`);
    }
    t.strictSame(parsed(bytes), { kind: 'header', length: bytes.length, endpoints: ends }, name);
    const behind = parsed(Buffer.concat([bytes, Buffer.from('more')]));
    t.strictSame(behind, { kind: 'header', length: bytes.length, endpoints: ends }, `${name}, bytes behind it`);
  }
});

t.test('what is no header is known at its first wrong byte', async (t) => {
  const bad = [
    Buffer.of(0x20),
    latin('GET / HTTP/1.1\r\n'),
    latin('PROXX'),
    latin('PROXY TCP4 192.168.0.256 192.168.0.11 1 2\r\n'),
    latin('PROXY TCP4 192.168.0.1 192.168.0.11 1\r\n'),
    latin('PROXY TCP4 192.168.0.1 192.168.0.11 1 2 3\r\n'),
    latin('PROXY TCP4 192.168.0.1 192.168.0.11 65536 2\r\n'),
    latin('PROXY TCP4 192.168.0.1 192.168.0.11 -1 2\r\n'),
    latin('PROXY TCP4 2001:db8::1 2001:db8::2 1 2\r\n'),
    latin('PROXY TCP6 10.0.0.1 10.0.0.2 1 2\r\n'),
    latin('PROXY TCP5 a b 1 2\r\n'),
    latin(`PROXY UNKNOWN ${'x'.repeat(100)}`),
    hex('0d0a0d0a000d0b'),
    hex(`${SIGNATURE}11110000`),
    hex(`${SIGNATURE}22110000`),
    hex(`${SIGNATURE}2111000b${'00'.repeat(11)}`),
    hex(`${SIGNATURE}2111000e${'00'.repeat(12)}04ff`),
    hex(`${SIGNATURE}21110010${'00'.repeat(12)}04000201`),
    hex(`${SIGNATURE}2111${(LONGEST_V2_BODY + 1).toString(16).padStart(4, '0')}`),
  ];
  for (const bytes of bad) t.equal(parsed(bytes).kind, 'bad', JSON.stringify(bytes.toString('latin1').slice(0, 60)));
});

t.test('our own headers', async (t) => {
  t.equal(encodeProxyHeader('v1', V4_ENDS).toString('latin1'), V1);
  t.equal(encodeProxyHeader('v1', V6_ENDS).toString('latin1'), 'PROXY TCP6 2001:db8::1 2001:db8::2 56324 443\r\n');
  t.equal(encodeProxyHeader('v2', V4_ENDS).toString('hex'), V2_IPV4);
  t.equal(encodeProxyHeader('v2', V6_ENDS).toString('hex'), V2_IPV6);
  t.equal(encodeProxyHeader('v1', undefined).toString('latin1'), 'PROXY UNKNOWN\r\n');
  t.equal(encodeProxyHeader('v2', undefined).toString('hex'), `${SIGNATURE}20000000`);
  const unix = { source: { address: 'localhost', port: 0 }, destination: { address: 'localhost', port: 0 } };
  t.equal(encodeProxyHeader('v1', unix).toString('latin1'), 'PROXY UNKNOWN\r\n', 'a client of a unix socket');
  const mixed = { source: { address: '10.0.0.1', port: 1 }, destination: { address: '::1', port: 2 } };
  t.equal(encodeProxyHeader('v1', mixed).toString('latin1'), 'PROXY TCP6 ::ffff:10.0.0.1 ::1 1 2\r\n');
  t.equal(
    encodeProxyHeader('v2', mixed).toString('hex'),
    `${SIGNATURE}21210024${'00000000000000000000ffff0a000001'}${'00000000000000000000000000000001'}00010002`,
  );
  const zone = { source: { address: 'fe80::1:2%eth0', port: 1 }, destination: { address: '::ffff:1.2.3.4', port: 2 } };
  t.match(encodeProxyHeader('v2', zone).toString('hex'), /fe800000000000000000000000010002.{20}ffff0102030400010002$/);
});
