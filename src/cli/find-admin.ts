import { existsSync, readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { Address } from '../config/address.js';
import { loadAdminSection } from '../config/load-admin.js';
import { DEFAULT_FILE } from '../config/load-from.js';
import { type GivenOptions, type OptionDeclaration, type Terminal, UsageError } from './command.js';

/** Where a running proxy answers, and with which token. */
export interface AdminTarget {
  /** For messages. */
  readonly name: string;
  readonly url: URL;
  readonly socketPath: string | undefined;
  readonly token: string | undefined;
  /** The certificate it shows, PEM, known from its configuration; undefined: it is verified as usual. */
  readonly certificate?: string | undefined;
}

/** Options of the commands that ask a running proxy. */
export const ADMIN_OPTIONS: Readonly<Record<string, OptionDeclaration>> = {
  admin: { value: 'URL', about: 'admin address of the proxy; a token is taken from $POINTSMAN_ADMIN_TOKEN' },
  config: { value: 'FILE', about: 'or the configuration file it runs with (default: $POINTSMAN_CONFIG, else http://127.0.0.1:6480)' },
};

/** @throws UsageError, ConfigError */
export function findAdmin(options: GivenOptions, { env }: Terminal): AdminTarget {
  const given = options['admin']?.[0];
  const envToken = env['POINTSMAN_ADMIN_TOKEN'] || undefined;
  if (given !== undefined) {
    if (options['config'] !== undefined) throw new UsageError('give either --admin URL or --config FILE, not both');
    return fromUrl(given, envToken);
  }
  const file = options['config']?.[0] ?? (env['POINTSMAN_CONFIG'] || undefined) ?? (existsSync(DEFAULT_FILE) ? DEFAULT_FILE : undefined);
  if (file === undefined) return fromUrl('http://127.0.0.1:6480', envToken);
  const { address, token, tokens, tls } = loadAdminSection(file, env);
  const certFile = tls.certFile && resolve(dirname(file), tls.certFile);
  return fromAddress(address, token ?? tokens[0]?.token ?? envToken, certFile);
}

function fromUrl(text: string, token: string | undefined): AdminTarget {
  if (text.startsWith('unix:')) return fromAddress({ host: '', port: 0, path: text.slice(5) }, token);
  const withScheme = /^https?:\/\//.test(text) ? text : `http://${text}`;
  if (!URL.canParse(withScheme)) throw new UsageError('--admin is a URL such as http://127.0.0.1:6480');
  const url = new URL(withScheme);
  return { name: url.origin, url, socketPath: undefined, token };
}

function fromAddress({ host, port, path }: Address, token: string | undefined, certFile?: string): AdminTarget {
  const scheme = certFile === undefined ? 'http' : 'https';
  const certificate = certificateIn(certFile);
  if (path !== undefined) return { name: `unix:${path}`, url: new URL(`${scheme}://localhost`), socketPath: path, token, certificate };
  // What listens on every address is asked on this machine's own.
  const own = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host;
  const url = new URL(`${scheme}://${own.includes(':') ? `[${own}]` : own}:${port}`);
  return { name: url.origin, url, socketPath: undefined, token, certificate };
}

/** Undefined where it cannot be read here: then it has to be verified by the usual authorities. */
function certificateIn(file: string | undefined): string | undefined {
  try {
    return file === undefined ? undefined : readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}
