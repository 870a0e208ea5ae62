/** Where to listen or connect; the same shape as topology's `Address`. */
export interface AdminAddress {
  readonly host: string;
  readonly port: number;
  readonly path?: string;
}

/** `host:port`, `[::1]:6480` or `unix:/path`; `port` stands in for the address's own where that was 0. */
export function formatAdminAddress({ host, port, path }: AdminAddress, realPort = port): string {
  if (path !== undefined) return `unix:${path}`;
  return host.includes(':') ? `[${host}]:${realPort}` : `${host}:${realPort}`;
}
