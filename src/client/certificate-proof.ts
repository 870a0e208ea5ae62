import { createHash } from 'node:crypto';
import type { PacketSocket } from '../net/packet-socket.js';
import { CLIENT_ED25519, ed25519PublicKey } from '../protocol/auth/ed25519.js';
import { NATIVE_PASSWORD, nativeStage2, nativeStage2Of } from '../protocol/auth/native-password.js';
import type { Credential } from '../protocol/auth/secret.js';

const NOTHING = Buffer.alloc(0);

/** The hash is SHA-256, in hexadecimal. */
const SHA256 = Buffer.of(0x01);

export interface ProvenLogin {
  /** As the client was greeted. */
  readonly serverVersion: string;
  /** The plugin it proved itself with. */
  readonly plugin: string;
  readonly greetingNonce: Buffer;
  /** That of the plugin's exchange: another one after a switch. */
  readonly nonce: Buffer;
  /** What it proved. */
  readonly credential: Credential | undefined;
}

/**
 * The text of a login's OK by which clients of MariaDB 11.4 and newer believe a certificate that no authority signed: nobody in between, who
 * must show a certificate of his own, knows the account's password. SHA256(stored hash, nonce, SHA256 of the certificate). Empty where it does not apply:
 * no TLS, another server, a plugin or a secret that it cannot be made with.
 * https://mariadb.com/kb/en/securing-connections-for-client-and-server/ (certificates that the server makes itself)
 */
export function certificateProof({ tls }: Pick<PacketSocket, 'tls'>, login: ProvenLogin): Buffer {
  if (tls === undefined || !makesProofs(login.serverVersion)) return NOTHING;
  const fingerprint = (tls.getX509Certificate()?.fingerprint256 ?? '').replaceAll(':', '');
  const secret = storedHash(login);
  if (secret === undefined || fingerprint === '') return NOTHING;
  // The server keeps one nonce for greeting and mysql_native_password; ed25519 has one of its own.
  const nonce = login.plugin === CLIENT_ED25519 ? login.greetingNonce : login.nonce;
  const hash = createHash('sha256').update(secret).update(nonce).update(Buffer.from(fingerprint, 'hex')).digest('hex');
  return Buffer.concat([SHA256, Buffer.from(hash)]);
}

/** What a server keeps of the password. */
function storedHash({ plugin, credential }: ProvenLogin): Buffer | undefined {
  if (credential?.kind === 'clear' && credential.password !== '') {
    if (plugin === CLIENT_ED25519) return ed25519PublicKey(credential.password);
    return plugin === NATIVE_PASSWORD ? nativeStage2(credential.password) : undefined;
  }
  return credential?.kind === 'native-stage1' && plugin === NATIVE_PASSWORD ? nativeStage2Of(credential.stage1) : undefined;
}

/** MariaDB 11.4.1 and newer. */
function makesProofs(serverVersion: string): boolean {
  const [, major = 0, minor = 0, patch = 0] = (/^(?:5\.5\.5-)?(\d+)\.(\d+)\.(\d+).*mariadb/i.exec(serverVersion) ?? []).map(Number);
  return major > 11 || (major === 11 && (minor > 4 || (minor === 4 && patch >= 1)));
}
