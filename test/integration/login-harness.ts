import { readFile } from 'node:fs/promises';
import { createSecureContext } from 'node:tls';
import type { Account } from '../../src/client/account.js';
import { changeUser } from '../../src/client/change-user.js';
import type { GreetingTemplate } from '../../src/client/greeting-template.js';
import type { ListenerTls } from '../../src/client/listener-tls.js';
import { ClientLogin } from '../../src/client/login.js';
import type { ChangedUser, LoggedIn, LoginFailure } from '../../src/client/login-result.js';
import { LoginThrottle } from '../../src/client/login-throttle.js';
import { RsaKey } from '../../src/client/rsa-key.js';
import { IgnoreFrames } from '../../src/net/frame-handler.js';
import { Listener } from '../../src/net/listener.js';
import { PacketSocket } from '../../src/net/packet-socket.js';
import { makeCertificates } from '../servers/certificates.js';

export interface HarnessOptions {
  readonly version?: string;
  readonly tls?: 'off' | 'prefer' | 'require';
  readonly accounts?: readonly Account[];
  readonly handshakeTimeoutMs?: number;
  readonly path?: string;
}

export const MYSQL_8 = '8.0.34';
export const MARIADB_10 = '5.5.5-10.11.6-MariaDB-1';

export const PASSWORDS = {
  app: 'secret',
  nopass: '',
  odd: 'pä$$ "wörd" \\ 🔑 with quite some length to it, more than twenty bytes',
  other: 'else',
  '': 'anonymous',
} as const;

export const ACCOUNTS: readonly Account[] = [
  ...Object.entries(PASSWORDS).map(([user, password]) => ({ user, secrets: [{ kind: 'clear' as const, password }], learnable: false })),
  // `openssl passwd -5` of 'secret'.
  {
    user: 'hashed',
    secrets: [{ kind: 'sha2-hash', stored: '$5$abcdefghijklmnop$i7zHaTeYqXlesRXJ8dXj6o.MEFQdzfIJpJpcWAtszs6' }],
    learnable: false,
  },
];

/** What a MySQL 8.0 (or MariaDB 10.11) server offers: everything, so that our own mask is what counts. */
function template(version: string): GreetingTemplate {
  const mariadb = version.startsWith('5.5.5-');
  return {
    serverVersion: version,
    capabilities: mariadb ? 0xffff_fffe : 0xffff_ffff,
    mariadbCapabilities: mariadb ? 0xff : 0,
    charset: 45,
  };
}

/** A server that ends logins with `ClientLogin` and then answers every command with OK: no proxy, no backend. */
export class LoginHarness {
  readonly outcomes: (LoggedIn | LoginFailure)[] = [];
  /** Connections that the kernel has handed over: one that is reset before that may never be. */
  accepted = 0;
  readonly changes: (ChangedUser | LoginFailure)[] = [];
  readonly #listener: Listener;
  readonly #open = new Set<PacketSocket>();

  private constructor(options: HarnessOptions, tls: ListenerTls) {
    const { version = MYSQL_8, accounts = ACCOUNTS, handshakeTimeoutMs = 10_000, path } = options;
    let clockMs = 0;
    const login = {
      account: (user: string) => accounts.find((account) => account.user === user),
      tls,
      rsaKey: new RsaKey(),
      // Tests fail often, and on purpose; the limit has a test of its own.
      throttle: new LoginThrottle(() => (clockMs += 60_000)),
      handshakeTimeoutMs,
      clearTextAllowed: false,
      learn: () => Promise.resolve([]),
      inquire: () => {
        throw new Error('nobody here is learnable');
      },
    };
    let connectionId = 0x4000_0000;
    this.#listener = new Listener({
      name: 'test',
      address: { host: '127.0.0.1', port: 0, ...(path !== undefined && { path }) },
      onSocket: (socket) => {
        this.accepted += 1;
        connectionId += 1;
        const packets = new PacketSocket(socket, 'client');
        this.#open.add(packets);
        new ClientLogin(packets, connectionId, template(version), login, (outcome) => {
          this.outcomes.push(outcome);
          if (outcome.kind === 'logged-in') new OkToAll(outcome, login, this.changes).begin(outcome.nextSequenceId);
        });
      },
    });
  }

  static async start(options: HarnessOptions = {}): Promise<LoginHarness> {
    const mode = options.tls ?? 'off';
    const files = mode === 'off' ? undefined : await makeCertificates();
    const tls: ListenerTls =
      files === undefined || mode === 'off'
        ? { mode: 'off' }
        : { mode, context: createSecureContext({ cert: await readFile(files.serverCert), key: await readFile(files.serverKey) }) };
    const harness = new LoginHarness(options, tls);
    await harness.#listener.open();
    return harness;
  }

  get port(): number {
    return this.#listener.port;
  }

  async stop(): Promise<void> {
    await this.#listener.close();
    for (const packets of this.#open) packets.destroy();
  }
}

/** Answers every command with OK, written by hand. */
class OkToAll extends IgnoreFrames {
  readonly #client: LoggedIn;
  readonly #login: ConstructorParameters<typeof ClientLogin>[3];
  readonly #changes: (ChangedUser | LoginFailure)[];
  #nonce: Buffer;

  constructor(client: LoggedIn, login: ConstructorParameters<typeof ClientLogin>[3], changes: (ChangedUser | LoginFailure)[]) {
    super();
    this.#client = client;
    this.#login = login;
    this.#changes = changes;
    this.#nonce = client.nonce;
  }

  begin(sequence: number): void {
    this.#client.packets.handler = this;
    this.#client.packets.write(Buffer.from([7, 0, 0, sequence, 0, 0, 0, 2, 0, 0, 0]));
  }

  override onFrame(chunk: Buffer, start: number, end: number): void {
    const { packets, capabilities } = this.#client;
    const payload = chunk.subarray(start + 4, end);
    if (payload[0] === 0x01) packets.end();
    else if (payload[0] === 0x11) {
      changeUser(
        { ...this.#client, packets, capabilities, nonce: this.#nonce, hasSentMore: false, sequenceId: 0 },
        Buffer.from(payload),
        this.#login,
        (outcome) => {
          this.#changes.push(outcome);
          if (outcome.kind !== 'changed') return;
          this.#nonce = outcome.nonce;
          this.begin(outcome.nextSequenceId);
        },
      );
    } else if (payload[0] !== 0x19) this.begin(1);
  }

  override onEnd(): void {
    this.#client.packets.end();
  }
}
