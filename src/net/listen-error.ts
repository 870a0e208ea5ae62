const WAY_OUT: Readonly<Record<string, string>> = {
  EADDRINUSE: 'another program listens there. Stop it, or give this listener another address.',
  EADDRNOTAVAIL: 'no network interface of this machine has that address. Use one it has, or 0.0.0.0 for all of them.',
  EACCES: 'not allowed. Ports below 1024 need root or CAP_NET_BIND_SERVICE; a unix socket needs write access to its folder.',
  ENOTFOUND: 'that host name has no address. Correct the name, or use an IP address.',
  EAI_AGAIN: 'that host name could not be looked up now. Check the DNS settings, or use an IP address.',
  EAFNOSUPPORT: 'this machine has no such kind of address (IPv6 may be off). Use an IPv4 address.',
  ENOENT: 'the folder of that unix socket does not exist. Create it, or choose another path.',
};

const STABLE_CODE: Readonly<Record<string, string>> = {
  EADDRINUSE: 'PM_NET_ADDRESS_IN_USE',
  EADDRNOTAVAIL: 'PM_NET_ADDRESS_NOT_AVAILABLE',
  EACCES: 'PM_NET_ADDRESS_DENIED',
};

/** A listener could not be opened; the message names it, its address and a way out. */
export class ListenError extends Error {
  override readonly name = 'ListenError';
  readonly code: string;
  readonly systemCode: string | undefined;

  constructor(listener: string, address: string, systemCode: string | undefined, cause: unknown) {
    const way = WAY_OUT[systemCode ?? ''] ?? (cause instanceof Error ? cause.message : String(cause));
    super(`listener "${listener}" cannot open ${address}: ${way}`, { cause });
    this.code = STABLE_CODE[systemCode ?? ''] ?? 'PM_NET_LISTEN';
    this.systemCode = systemCode;
  }
}
