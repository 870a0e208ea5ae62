import { createPrivateKey, randomBytes, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { BackendTlsContext } from '../backend/tls-context.js';
import type { ClusterConfig, Config, ListenerConfig } from '../config/config.js';
import { serverContext } from '../net/server-context.js';
import { type KeyPairPem, selfSigned } from '../net/x509/self-signed.js';

/** What a listener shows its clients, PEM. */
export interface ListenerMaterial extends KeyPairPem {
  readonly clientCa?: string;
  /** Of the certificate, Unix time. */
  readonly expiresAtMs: number;
}

/** What a cluster's servers are checked against and shown, PEM. */
export interface ClusterMaterial {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
}

/** All certificates and keys of the process group; the supervisor has them and tells the workers. Listeners without TLS have none. */
export interface TlsMaterial {
  readonly listeners: ReadonlyMap<string, ListenerMaterial>;
  readonly clusters: ReadonlyMap<string, ClusterMaterial>;
  /** See `ServerContextOptions`. */
  readonly ticketKeys: Buffer;
}

const DAY_MS = 86_400_000;
/** As long as MySQL's own certificates; it lives no longer than the process. */
const SELF_SIGNED_DAYS = 3650;

export function newTicketKeys(): Buffer {
  return randomBytes(48);
}

/** A certificate for all listeners that have none of their own. */
export function ownCertificate(config: Config): KeyPairPem {
  const hosts = config.listeners.map(({ address }) => address.host).filter((host) => host !== '0.0.0.0' && host !== '::');
  return selfSigned({
    commonName: 'Pointsman self-signed',
    names: [...new Set([hostname(), 'localhost', '127.0.0.1', '::1', ...hosts])],
    notBefore: new Date(Date.now() - DAY_MS),
    notAfter: new Date(Date.now() + SELF_SIGNED_DAYS * DAY_MS),
  });
}

/**
 * Reads and checks what a listener needs.
 * @param own the certificate for listeners without a certFile
 * @throws Error that names the file at fault
 */
export function readListener({ name, tls }: ListenerConfig, own: () => KeyPairPem): ListenerMaterial {
  const { certFile, keyFile, clientCaFile, minVersion } = tls;
  const pair = certFile === undefined || keyFile === undefined ? own() : readPair(certFile, keyFile);
  const clientCa = clientCaFile === undefined ? undefined : readCertificates(clientCaFile);
  const files = [certFile, keyFile, clientCaFile].filter((file) => file !== undefined).join(', ');
  // What does not work must show here, where the old one can be kept, and not at the next client.
  attempt(() => serverContext({ ...pair, clientCa, minVersion, ticketKeys: newTicketKeys(), name }), `${files} cannot be used`);
  const expiresAtMs = Date.parse(new X509Certificate(pair.cert).validTo);
  return { ...pair, ...(clientCa === undefined ? {} : { clientCa }), expiresAtMs };
}

/** Reads and checks what a connection to servers needs. @throws Error that names the file at fault */
export function readCluster({ caFile, certFile, keyFile }: Pick<ClusterConfig['tls'], 'caFile' | 'certFile' | 'keyFile'>): ClusterMaterial {
  const material = {
    ...(caFile === undefined ? {} : { ca: readCertificates(caFile) }),
    ...(certFile === undefined || keyFile === undefined ? {} : readPair(certFile, keyFile)),
  };
  const files = [caFile, certFile, keyFile].filter((file) => file !== undefined).join(', ');
  if (files !== '') attempt(() => new BackendTlsContext(material, false), `${files} cannot be used`);
  return material;
}

/** A certificate chain and its key. @throws Error that names the file at fault */
export function readPair(certFile: string, keyFile: string): KeyPairPem {
  const cert = readCertificates(certFile);
  const key = readFileSync(keyFile, 'utf8');
  const leaf = new X509Certificate(cert);
  const privateKey = attempt(() => createPrivateKey(key), `${keyFile} holds no private key in PEM form`);
  if (!leaf.checkPrivateKey(privateKey)) throw new Error(`the key in ${keyFile} does not belong to the certificate in ${certFile}`);
  return { cert, key };
}

function readCertificates(file: string): string {
  const text = readFileSync(file, 'utf8');
  attempt(() => new X509Certificate(text), `${file} holds no certificate in PEM form`);
  return text;
}

function attempt<T>(work: () => T, otherwise: string): T {
  try {
    return work();
  } catch (cause) {
    throw new Error(`${otherwise} (${cause instanceof Error ? cause.message : String(cause)})`, { cause });
  }
}
