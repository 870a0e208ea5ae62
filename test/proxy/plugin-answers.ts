import { constants, createHash, publicEncrypt } from 'node:crypto';
import { nativeAnswer } from './wire-client.js';

/** What clients answer to the plugins, written apart from `src/protocol`, so that no mistake is on both sides. */
type Part = Buffer | string;

const hashOf = (name: string, parts: readonly Part[]) => parts.reduce((hash, part) => hash.update(part), createHash(name)).digest();
const masked = (bytes: Buffer, mask: Buffer) => Buffer.from(bytes.map((byte, index) => byte ^ (mask[index % mask.length] as number)));
const nul = (password: string) => Buffer.from(`${password}\0`);

function sha2Answer(password: string, nonce: Buffer): Buffer {
  if (password === '') return Buffer.alloc(0);
  const once = hashOf('sha256', [password]);
  return masked(hashOf('sha256', [hashOf('sha256', [once]), nonce]), once);
}

/** The password under the server's key, bound to the nonce. */
export function rsaAnswer(password: string, nonce: Buffer, pem: string): Buffer {
  return publicEncrypt({ key: pem, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha1' }, masked(nul(password), nonce));
}

/** The first packet of a plugin, given the server's data. `secret`: the link is TLS. */
export function firstAnswer(plugin: string, password: string, nonce: Buffer, secret: boolean): Buffer {
  switch (plugin) {
    case 'mysql_native_password':
      return nativeAnswer(password, nonce.subarray(0, 20));
    case 'caching_sha2_password':
      return sha2Answer(password, nonce.subarray(0, 20));
    case 'sha256_password':
      return secret || password === '' ? nul(password) : Buffer.of(1);
    case 'mysql_clear_password':
      return nul(password);
    case 'client_ed25519':
      return ed25519Answer(password, nonce);
    default:
      throw new Error(`no client speaks ${plugin}`);
  }
}

// Ed25519 by the textbook: affine points, an inverse for every sum. Slow and plain.
type Point = readonly [x: bigint, y: bigint];
const P = 2n ** 255n - 19n;
const L = 2n ** 252n + 27742317777372353535851937790883648493n;
const mod = (value: bigint, by = P) => ((value % by) + by) % by;

function inverse(value: bigint): bigint {
  let [low, high, x, y] = [mod(value), P, 1n, 0n];
  while (low > 1n) {
    const quotient = high / low;
    [low, high, x, y] = [high % low, low, mod(y - quotient * x), x];
  }
  return x;
}

const D = mod(-121665n * inverse(121666n));
const B: Point = [
  15112221349535400772501151409588531511454012693041857206046113283949847762202n,
  46316835694926478169428394003475163141307993866256225615783033603165251855960n,
];

function sum([x1, y1]: Point, [x2, y2]: Point): Point {
  const both = mod(D * mod(x1 * x2) * mod(y1 * y2));
  // One inverse for two denominators.
  const shared = inverse((1n + both) * (1n - both));
  return [mod((x1 * y2 + x2 * y1) * mod(shared * (1n - both))), mod((y1 * y2 + x1 * x2) * mod(shared * (1n + both)))];
}

function times(scalar: bigint): Buffer {
  let result: Point = [0n, 1n];
  for (const bit of scalar.toString(2)) {
    result = sum(result, result);
    if (bit === '1') result = sum(result, B);
  }
  return little(result[1] | ((result[0] & 1n) << 255n));
}

const little = (value: bigint) => Buffer.from(value.toString(16).padStart(64, '0'), 'hex').reverse();
const number = (bytes: Buffer) => BigInt(`0x${Buffer.from(bytes).reverse().toString('hex')}`);

const keys = new Map<string, Buffer>();

function ed25519Answer(password: string, nonce: Buffer): Buffer {
  const hash = hashOf('sha512', [password]);
  const scalar = (number(hash.subarray(0, 32)) & (2n ** 254n - 8n)) | (2n ** 254n);
  const r = mod(number(hashOf('sha512', [hash.subarray(32), nonce])), L);
  const key = keys.get(password) ?? times(scalar);
  keys.set(password, key);
  const commitment = times(r);
  const challenge = mod(number(hashOf('sha512', [commitment, key, nonce])), L);
  return Buffer.concat([commitment, little(mod(r + challenge * scalar, L))]);
}
