import type { Flavor } from './flavor.js';

/** `uuid:1-5:7,uuid:3` as intervals per uuid. */
function intervals(set: string): Map<string, [bigint, bigint][]> {
  const found = new Map<string, [bigint, bigint][]>();
  for (const part of set.replace(/\s/g, '').split(',')) {
    const [uuid = '', ...ranges] = part.toLowerCase().split(':');
    const list = found.get(uuid) ?? [];
    for (const range of ranges) {
      const [from = '0', to = from] = range.split('-');
      list.push([BigInt(from), BigInt(to)]);
    }
    found.set(uuid, list);
  }
  return found;
}

/**
 * A test for many GTIDs against one set. MySQL: `uuid:n` against a GTID set. MariaDB: `domain-server-seq` against a position; the
 * position stands for all earlier sequence numbers of its domain, which holds while only one server writes at a time.
 */
export function gtidMembership(flavor: Flavor, set: string): (gtid: string) => boolean {
  if (flavor === 'mysql') {
    const known = intervals(set);
    return (gtid) => {
      const [uuid = '', number = '0'] = gtid.toLowerCase().split(':');
      const n = BigInt(number);
      return (known.get(uuid) ?? []).some(([from, to]) => n >= from && n <= to);
    };
  }
  const reached = new Map<string, bigint>();
  for (const one of set.split(',')) {
    const [domain = '', , sequence = '0'] = one.trim().split('-');
    const n = BigInt(sequence);
    if (n > (reached.get(domain) ?? -1n)) reached.set(domain, n);
  }
  return (gtid) => {
    const [domain = '', , sequence = '0'] = gtid.split('-');
    return BigInt(sequence) <= (reached.get(domain) ?? -1n);
  };
}
