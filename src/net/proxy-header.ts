import { isIPv4, isIPv6 } from 'node:net';

/*
 * The PROXY protocol, versions 1 and 2: https://www.haproxy.org/download/2.9/doc/proxy-protocol.txt
 */

/** Who connected to whom: the ends of a connection before it was passed on. */
export interface Endpoints {
  readonly source: Endpoint;
  readonly destination: Endpoint;
}

export interface Endpoint {
  /** An IP address, or `localhost` for a unix socket. */
  readonly address: string;
  readonly port: number;
}

/**
 * What the first bytes of a connection are. `header`: a whole one of `length` bytes; `endpoints` undefined means that the sender speaks for
 * itself (LOCAL, a health check) or does not know (UNKNOWN): the connection's own addresses count. `bad`: no PROXY header, or a broken one.
 */
export type ProxyHeader =
  | { readonly kind: 'incomplete' }
  | { readonly kind: 'bad'; readonly why: string }
  | { readonly kind: 'header'; readonly length: number; readonly endpoints: Endpoints | undefined };

const SIGNATURE = Buffer.from('0d0a0d0a000d0a515549540a', 'hex');
const V2_FIXED = 16;
/** The longest version 1 line with its CR LF. */
const LONGEST_LINE = 107;
/** Addresses and TLVs of a version 2 header. 65,535 could be announced; a client certificate in a TLV fits into this. */
export const LONGEST_V2_BODY = 16 * 1024;

const INCOMPLETE: ProxyHeader = { kind: 'incomplete' };
const NO_HEADER: ProxyHeader = { kind: 'bad', why: 'the connection does not begin with a PROXY header' };

/** Reads what has come so far; never needs more than one header's bytes to tell nonsense from a beginning. */
export function parseProxyHeader(bytes: Buffer): ProxyHeader {
  if (bytes.length === 0) return INCOMPLETE;
  if (startsLike(bytes, SIGNATURE)) return bytes.length < V2_FIXED ? INCOMPLETE : parseV2(bytes);
  return startsLike(bytes, V1_START) ? parseV1(bytes) : NO_HEADER;
}

const V1_START = Buffer.from('PROXY ');

function startsLike(bytes: Buffer, expected: Buffer): boolean {
  const length = Math.min(bytes.length, expected.length);
  return bytes.compare(expected, 0, length, 0, length) === 0;
}

function parseV1(bytes: Buffer): ProxyHeader {
  const end = bytes.subarray(0, LONGEST_LINE).indexOf('\r\n');
  if (end < 0) return bytes.length < LONGEST_LINE ? INCOMPLETE : { kind: 'bad', why: 'a PROXY line of more than 107 bytes' };
  const length = end + 2;
  const [, family, source = '', destination = '', sourcePort = '', destinationPort = '', ...rest] = bytes
    .toString('latin1', 0, end)
    .split(' ');
  // Whatever follows UNKNOWN is to be ignored.
  if (family === 'UNKNOWN') return { kind: 'header', length, endpoints: undefined };
  const isAddress = family === 'TCP4' ? isIPv4 : family === 'TCP6' ? isIPv6 : () => false;
  const right = isAddress(source) && isAddress(destination) && isPort(sourcePort) && isPort(destinationPort) && rest.length === 0;
  if (!right) return { kind: 'bad', why: 'a PROXY line that is not by the rules' };
  return {
    kind: 'header',
    length,
    endpoints: {
      source: { address: source, port: Number(sourcePort) },
      destination: { address: destination, port: Number(destinationPort) },
    },
  };
}

function isPort(text: string): boolean {
  return /^(0|[1-9]\d{0,4})$/.test(text) && Number(text) <= 65_535;
}

const PROXY_COMMAND = 0x21;
const LOCAL_COMMAND = 0x20;
const TCP4 = 0x11;
const TCP6 = 0x21;
const UNIX_STREAM = 0x31;
/** Address bytes of each kind; TLVs may follow them. */
const ADDRESS_BYTES: Readonly<Record<number, number>> = { [TCP4]: 12, [TCP6]: 36, [UNIX_STREAM]: 216 };

function parseV2(bytes: Buffer): ProxyHeader {
  const command = bytes[12] as number;
  const family = bytes[13] as number;
  const body = bytes.readUInt16BE(14);
  if (command !== PROXY_COMMAND && command !== LOCAL_COMMAND) {
    return { kind: 'bad', why: `version and command 0x${command.toString(16)} of a PROXY header are not known` };
  }
  if (body > LONGEST_V2_BODY) return { kind: 'bad', why: `a PROXY header of ${V2_FIXED + body} bytes` };
  const wanted = ADDRESS_BYTES[family] ?? 0;
  if (command === PROXY_COMMAND && body < wanted) return { kind: 'bad', why: 'a PROXY header too short for its addresses' };
  const length = V2_FIXED + body;
  if (bytes.length < length) return INCOMPLETE;
  const tlvs = bytes.subarray(V2_FIXED + (command === LOCAL_COMMAND ? 0 : wanted), length);
  if (command === PROXY_COMMAND && wanted > 0 && !tlvsFit(tlvs)) return { kind: 'bad', why: 'a PROXY header whose TLVs do not fit' };
  return { kind: 'header', length, endpoints: command === PROXY_COMMAND ? v2Endpoints(bytes, family) : undefined };
}

/** Type, length and value each, up to the end. What they say is not needed here. */
function tlvsFit(bytes: Buffer): boolean {
  let at = 0;
  while (at + 3 <= bytes.length) at += 3 + bytes.readUInt16BE(at + 1);
  return at === bytes.length;
}

/** Undefined for what is not TCP: the specification lets the receiver take the connection's own addresses then. */
function v2Endpoints(bytes: Buffer, family: number): Endpoints | undefined {
  if (family === UNIX_STREAM) {
    return { source: { address: 'localhost', port: 0 }, destination: { address: 'localhost', port: 0 } };
  }
  if (family !== TCP4 && family !== TCP6) return undefined;
  const size = family === TCP4 ? 4 : 16;
  const address = (at: number): string => (family === TCP4 ? bytes.subarray(at, at + 4).join('.') : ipv6Text(bytes.subarray(at, at + 16)));
  const ports = V2_FIXED + 2 * size;
  return {
    source: { address: address(V2_FIXED), port: bytes.readUInt16BE(ports) },
    destination: { address: address(V2_FIXED + size), port: bytes.readUInt16BE(ports + 2) },
  };
}

/** RFC 5952: the longest run of zeros as `::`; IPv4 mapped into IPv6 as plain IPv4. */
function ipv6Text(bytes: Buffer): string {
  if (bytes.readBigUInt64BE(0) === 0n && bytes.readUInt32BE(8) === 0xffff) return bytes.subarray(12).join('.');
  const groups = Array.from({ length: 8 }, (_, index) => bytes.readUInt16BE(2 * index).toString(16));
  let best = { at: 0, length: 0 };
  for (let at = 0; at < 8; at += 1) {
    let length = 0;
    while (groups[at + length] === '0') length += 1;
    if (length > best.length) best = { at, length };
  }
  if (best.length < 2) return groups.join(':');
  return `${groups.slice(0, best.at).join(':')}::${groups.slice(best.at + best.length).join(':')}`;
}

/**
 * The header for a connection we open on behalf of `endpoints`. Undefined, or ends that are no IP addresses (a client of a unix socket):
 * the header that says "nobody but me", so that the server takes our own address.
 */
export function encodeProxyHeader(version: 'v1' | 'v2', endpoints: Endpoints | undefined): Buffer {
  const family = endpoints === undefined ? 0 : familyOf(endpoints);
  if (endpoints === undefined || family === 0) {
    return version === 'v1' ? Buffer.from('PROXY UNKNOWN\r\n') : Buffer.concat([SIGNATURE, Buffer.of(LOCAL_COMMAND, 0, 0, 0)]);
  }
  const { source, destination } = endpoints;
  if (version === 'v1') {
    const text = (address: string): string => (family === 6 && isIPv4(address) ? `::ffff:${address}` : address.replace(/%.*$/, ''));
    const line = [`PROXY TCP${family}`, text(source.address), text(destination.address), source.port, destination.port];
    return Buffer.from(`${line.join(' ')}\r\n`);
  }
  const addresses = Buffer.concat([addressBytes(source.address, family), addressBytes(destination.address, family)]);
  const ports = Buffer.alloc(4);
  ports.writeUInt16BE(source.port, 0);
  ports.writeUInt16BE(destination.port, 2);
  const head = Buffer.of(PROXY_COMMAND, family === 4 ? TCP4 : TCP6, 0, addresses.length + ports.length);
  return Buffer.concat([SIGNATURE, head, addresses, ports]);
}

/** 4 when both ends are IPv4, 6 when both are some IP address, else 0. */
function familyOf({ source, destination }: Endpoints): 0 | 4 | 6 {
  if (isIPv4(source.address) && isIPv4(destination.address)) return 4;
  const isAddress = (address: string): boolean => isIPv4(address) || isIPv6(address);
  return isAddress(source.address) && isAddress(destination.address) ? 6 : 0;
}

function addressBytes(address: string, family: 4 | 6): Buffer {
  if (isIPv4(address)) {
    const four = Buffer.from(address.split('.').map(Number));
    return family === 4 ? four : Buffer.concat([Buffer.from('00000000000000000000ffff', 'hex'), four]);
  }
  // An IPv4 tail counts as two groups; a zone (fe80::1%eth0) has no place in the header.
  const plain = address.replace(/%.*$/, '').replace(/(\d+)\.(\d+)\.(\d+)\.(\d+)$/, (_, a, b, c, d) => {
    const group = (high: string, low: string): string => (Number(high) * 256 + Number(low)).toString(16);
    return `${group(a, b)}:${group(c, d)}`;
  });
  const [head = '', tail] = plain.split('::');
  const groups = (text: string): string[] => (text === '' ? [] : text.split(':'));
  const before = groups(head);
  const after = tail === undefined ? [] : groups(tail);
  const all = [...before, ...Array.from({ length: 8 - before.length - after.length }, () => '0'), ...after];
  return Buffer.from(all.map((group) => group.padStart(4, '0')).join(''), 'hex');
}
