import { isIPv4, isIPv6 } from 'node:net';

/** Where a server listens; the same shape as topology's `Address`. With `path` (a unix socket) host is empty and port 0. */
export interface Address {
  readonly host: string;
  readonly port: number;
  readonly path?: string;
}

/**
 * Reads `host:port`, `[::1]:3306` or `unix:/path`. Returns what is wrong, with a way out, as text.
 * Port 0 (any free port) is for listeners: `anyPort`.
 */
export function parseAddress(text: string, anyPort: boolean): Address | string {
  if (text.startsWith('unix:')) {
    const path = text.slice(5);
    if (!path.startsWith('/')) return 'the path of a unix socket must begin with /; write unix:/run/mysqld.sock';
    // sun_path of Linux holds 108 bytes with its terminating zero.
    return Buffer.byteLength(path) > 107 ? 'the path of a unix socket may have at most 107 bytes' : { host: '', port: 0, path };
  }
  if (text.includes('://')) return 'write host:port, without a scheme such as mysql://';
  if (isIPv6(text)) return `no port, and an IPv6 address needs brackets; write [${text}]:3306`;
  const parts = /^(?:\[([^\]]*)\]|([^:]*))(?::(.*))?$/.exec(text);
  if (parts === null || parts[3]?.includes(':')) return 'write host:port, [::1]:3306 or unix:/path';
  const [, bracketed, plain, portText] = parts;
  const host = bracketed ?? plain ?? '';
  if (bracketed !== undefined && !isIPv6(bracketed)) return 'only an IPv6 address stands in brackets; write [::1]:3306';
  if (host === '') return 'no host; write host:port (0.0.0.0 stands for every IPv4 address of this machine)';
  if (bracketed === undefined && !isIPv4(host) && !/^[A-Za-z0-9_]([A-Za-z0-9_.-]*[A-Za-z0-9_.])?$/.test(host)) {
    return 'this is not a host name or an IP address';
  }
  if (/^[\d.]+$/.test(host) && !isIPv4(host)) return 'this is not an IPv4 address (four numbers from 0 to 255)';
  if (portText === undefined || portText === '') return `no port; write ${text.replace(/:$/, '')}:3306`;
  const port = /^\d{1,5}$/.test(portText) ? Number(portText) : -1;
  const lowest = anyPort ? 0 : 1;
  if (port < lowest || port > 65535) return `the port must be a number from ${lowest} to 65535`;
  return { host, port };
}

/** `host:port`, `[::1]:3306` or `unix:/path`. */
export function formatAddress(address: Address): string {
  if (address.path !== undefined) return `unix:${address.path}`;
  return address.host.includes(':') ? `[${address.host}]:${address.port}` : `${address.host}:${address.port}`;
}

/** True where only this machine can connect: 127.0.0.0/8, ::1, localhost and unix sockets. */
export function isLoopback(address: Address): boolean {
  const { host } = address;
  return address.path !== undefined || host === 'localhost' || host === '::1' || (isIPv4(host) && host.startsWith('127.'));
}
