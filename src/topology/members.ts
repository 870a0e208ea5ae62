import type { Address } from './snapshot.js';

/** A server as it is configured, or made from one that is. */
export interface Member {
  readonly name: string;
  readonly address: Address;
}

/** Between the configured name and the address that it stands for. */
const MARK = '@';

/** The name of the server at one of the addresses of a configured name. */
function expandedName(configured: string, host: string): string {
  return `${configured}${MARK}${host}`;
}

/** The configured name that a server's own name was made from; the name itself where it was not. */
export function configuredName(name: string): string {
  const at = name.lastIndexOf(MARK);
  return at > 0 ? name.slice(0, at) : name;
}

/**
 * The servers that configured ones stand for. Pure. One whose host is a name with known addresses is as many servers, named `NAME@ADDRESS`, also
 * when it is one: so a server keeps its name when others come. One whose name nobody could resolve yet stays as it is.
 * @param addresses by host name, sorted
 */
export function expandMembers<M extends Member>(configured: readonly M[], addresses: ReadonlyMap<string, readonly string[]>): readonly M[] {
  return configured.flatMap((member) => {
    const hosts = member.address.path === undefined ? addresses.get(member.address.host) : undefined;
    if (hosts === undefined || hosts.length === 0) return [member];
    const { host: certificateName, port } = member.address;
    return hosts.map((host) => ({ ...member, name: expandedName(member.name, host), address: { host, port, certificateName } }));
  });
}

/** Of what the name service gave, the addresses of one family: a server with both is one server. Sorted, so that all proxies agree. */
export function oneFamily(found: readonly { readonly address: string; readonly family: number }[]): readonly string[] {
  const four = found.filter(({ family }) => family === 4);
  return [...new Set((four.length > 0 ? four : found).map(({ address }) => address))].sort();
}

/** True where both lists are the same servers in the same order. */
export function sameMembers(a: readonly Member[], b: readonly Member[]): boolean {
  const key = ({ name, address: { host, port, path = '', certificateName = '' } }: Member) =>
    JSON.stringify([name, host, port, path, certificateName]);
  return a.length === b.length && a.every((member, i) => key(member) === key(b[i] as Member));
}
