/**
 * Points of the curve edwards25519 as far as signing needs them: -x² + y² = 1 + dx²y² modulo 2^255 - 19, in extended coordinates
 * (x = X/Z, y = Y/Z, T = XY/Z). RFC 8032 section 5.1.4.
 */
export interface Point {
  readonly x: bigint;
  readonly y: bigint;
  readonly z: bigint;
  readonly t: bigint;
}

const PRIME = 2n ** 255n - 19n;
const D = 37095705934669439343138083508754565189542113879843219016388785533085940283555n;
const D2 = (2n * D) % PRIME;

/** The order of the base point: scalars count modulo this. */
export const SCALARS = 2n ** 252n + 27742317777372353535851937790883648493n;

const BASE_X = 15112221349535400772501151409588531511454012693041857206046113283949847762202n;
const BASE_Y = 46316835694926478169428394003475163141307993866256225615783033603165251855960n;

/** The base point, which everybody multiplies. */
export const BASE: Point = { x: BASE_X, y: BASE_Y, z: 1n, t: (BASE_X * BASE_Y) % PRIME };

const NEUTRAL: Point = { x: 0n, y: 1n, z: 1n, t: 0n };

/** `point` added to itself `scalar` times. */
export function times(point: Point, scalar: bigint): Point {
  let sum = NEUTRAL;
  let power = point;
  for (let rest = scalar; rest > 0n; rest >>= 1n) {
    if ((rest & 1n) === 1n) sum = plus(sum, power);
    power = plus(power, power);
  }
  return sum;
}

/** The 32 bytes that stand for a point: y, and the lowest bit of x on top. */
export function pointBytes({ x, y, z }: Point): Buffer {
  const inverse = power(z, PRIME - 2n);
  const sign = modulo(x * inverse) & 1n;
  const value = modulo(y * inverse) | (sign << 255n);
  return Buffer.from(value.toString(16).padStart(64, '0'), 'hex').reverse();
}

/** RFC 8032's formula; it is complete, so doubling needs none of its own. */
function plus(left: Point, right: Point): Point {
  const a = modulo((left.y - left.x) * (right.y - right.x));
  const b = modulo((left.y + left.x) * (right.y + right.x));
  const c = modulo(left.t * D2 * right.t);
  const d = modulo(2n * left.z * right.z);
  const [e, f, g, h] = [b - a, d - c, d + c, b + a];
  return { x: modulo(e * f), y: modulo(g * h), z: modulo(f * g), t: modulo(e * h) };
}

function power(base: bigint, exponent: bigint): bigint {
  let result = 1n;
  let square = base;
  for (let rest = exponent; rest > 0n; rest >>= 1n) {
    if ((rest & 1n) === 1n) result = modulo(result * square);
    square = modulo(square * square);
  }
  return result;
}

function modulo(value: bigint): bigint {
  const rest = value % PRIME;
  return rest < 0n ? rest + PRIME : rest;
}
