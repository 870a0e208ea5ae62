import { formatAddress, parseAddress } from './address.js';
import { type Findings, findingsWithoutText } from './findings.js';
import { type Json, toNode } from './json/node.js';
import { type Environment, type LoadedConfig, loadTree } from './load-config.js';
import { ConfigError } from './problem.js';

/** A server as it was given, and the option or variable it came from. */
export interface GivenUrl {
  readonly source: string;
  readonly url: string;
}

interface Account {
  readonly user: string;
  readonly password: string;
}

interface Server {
  readonly address: string;
  readonly account: Account | undefined;
}

/**
 * The configuration of a proxy that was started without a file: one cluster `main` of the given servers (their roles are found, not
 * given), all defaults, and the account in the URL as a configured one of clients; the others are learnt. The same account does the health
 * checks unless `POINTSMAN_MONITOR_USER` and `POINTSMAN_MONITOR_PASSWORD` name another; then the URL needs none.
 * @throws ConfigError that names the option or variable at fault and never shows a password.
 */
export function configFromUrls(primary: GivenUrl, replicas: readonly GivenUrl[], env: Environment): LoadedConfig {
  const findings = findingsWithoutText(primary.source);
  const servers = [primary, ...replicas].map((given) => parseServer(given, findings));
  const account = servers[0]?.account;
  servers.forEach((server, index) => {
    const other = server?.account;
    if (index === 0 || other === undefined) return;
    if (account !== undefined && other.user === account.user && other.password === account.password) return;
    complain(
      findings,
      replicas[index - 1]?.source ?? '',
      'another account than that of the primary; leave it out, or use a configuration file',
    );
  });
  const monitor = monitorAccount(env, findings) ?? account;
  if (servers[0] !== undefined && monitor === undefined) {
    const ways = 'write mysql://user:password@host:port, or set POINTSMAN_MONITOR_USER and POINTSMAN_MONITOR_PASSWORD';
    complain(findings, primary.source, `no account for the health checks; ${ways}`);
  }
  if (findings.hasErrors || monitor === undefined) throw new ConfigError(findings.all());
  const document: Json = {
    clusters: {
      main: {
        backends: servers.map((server) => server?.address ?? ''),
        monitor: { user: monitor.user, password: monitor.password },
      },
    },
    ...(account === undefined ? {} : { users: [{ name: account.user, password: account.password }] }),
  };
  return loadTree(toNode(document, { source: primary.source, line: 0, column: 0 }), process.cwd());
}

function complain(findings: Findings, source: string, message: string): void {
  findings.error([], message, { kind: 'null', place: { source, line: 0, column: 0 } });
}

function monitorAccount(env: Environment, findings: Findings): Account | undefined {
  const user = env['POINTSMAN_MONITOR_USER'];
  const password = env['POINTSMAN_MONITOR_PASSWORD'];
  if (user === undefined || user === '') {
    if (password !== undefined) complain(findings, 'POINTSMAN_MONITOR_PASSWORD', 'set POINTSMAN_MONITOR_USER too');
    return undefined;
  }
  return { user, password: password ?? '' };
}

/** `mysql://user:password@host:port/database`, or a bare `host:port`. The database is the client's to choose and is not looked at. */
function parseServer(given: GivenUrl, findings: Findings): Server | undefined {
  const fail = (message: string): undefined => {
    complain(findings, given.source, message);
    return undefined;
  };
  if (!given.url.includes('://')) {
    const address = parseAddress(given.url, false);
    return typeof address === 'string' ? fail(address) : { address: formatAddress(address), account: undefined };
  }
  const parts = /^(?:mysql|mariadb):\/\/(?:(.*)@)?([^@/?#]*)(?:\/([^?#]*))?(\?[^#]*)?(#.*)?$/i.exec(given.url);
  if (parts === null)
    return fail('this is not a URL such as mysql://user:password@host:port (in a password write / as %2F, ? as %3F, # as %23)');
  const [, userInfo, hostPort = '', , query, fragment] = parts;
  if (query !== undefined || fragment !== undefined) {
    return fail('a URL has no options here; use a configuration file (in a password write ? as %3F and # as %23)');
  }
  const withPort = /^(\[[^\]]*\]|[^:]*)$/.test(hostPort) ? `${hostPort}:3306` : hostPort;
  const address = parseAddress(withPort, false);
  if (typeof address === 'string') return fail(address);
  const account = userInfo === undefined || userInfo === '' ? undefined : parseAccount(userInfo);
  if (account === 'malformed') return fail('a % in the account must be followed by two hexadecimal digits; write % itself as %25');
  return { address: formatAddress(address), account };
}

function parseAccount(userInfo: string): Account | 'malformed' {
  const colon = userInfo.indexOf(':');
  const user = colon < 0 ? userInfo : userInfo.slice(0, colon);
  const password = colon < 0 ? '' : userInfo.slice(colon + 1);
  try {
    return { user: decodeURIComponent(user), password: decodeURIComponent(password) };
  } catch {
    return 'malformed';
  }
}
