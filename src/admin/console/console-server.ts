import type { Socket } from 'node:net';
import type { Account } from '../../client/account.js';
import type { GreetingTemplate } from '../../client/greeting-template.js';
import type { ListenerTls } from '../../client/listener-tls.js';
import { ClientLogin, type LoginOptions } from '../../client/login.js';
import type { LoggedIn, LoginFailure } from '../../client/login-result.js';
import { LoginThrottle } from '../../client/login-throttle.js';
import { refuseConnection } from '../../client/refuse-connection.js';
import { RsaKey } from '../../client/rsa-key.js';
import { Listener } from '../../net/listener.js';
import { PacketSocket } from '../../net/packet-socket.js';
import { Capability } from '../../protocol/capabilities.js';
import type { AdminAddress } from '../admin-address.js';
import type { AdminContext } from '../admin-route.js';
import { ConsoleClient } from './console-client.js';
import { ConsoleDesk } from './console-desk.js';
import { ConsoleError } from './console-error.js';
import { runStatement } from './run-statement.js';

export interface ConsoleOptions {
  readonly address: AdminAddress;
  readonly users: readonly { readonly name: string; readonly password: string }[];
  readonly tls: ListenerTls;
  /** A descriptor of the socket, where another process has opened the address before. */
  readonly fd?: number | undefined;
}

export interface ConsoleServer {
  /** As it is open. */
  readonly address: string;
  /** Of the listening socket, to be passed on. */
  readonly fd: number | undefined;
  /** @param passedOn another process listens on the same socket: its file stays */
  close(passedOn?: boolean): Promise<void>;
}

/** Consoles open at once; each takes a little memory and nobody has more. */
const MOST_CLIENTS = 100;
const LOGIN_TIMEOUT_MS = 10_000;

/** Nothing that statements of the console would have to answer to: no attributes, no multi-statements, no session tracking. */
const CAPABILITIES =
  Capability.LONG_PASSWORD |
  Capability.FOUND_ROWS |
  Capability.LONG_FLAG |
  Capability.CONNECT_WITH_DB |
  Capability.IGNORE_SPACE |
  Capability.PROTOCOL_41 |
  Capability.INTERACTIVE |
  Capability.TRANSACTIONS |
  Capability.SECURE_CONNECTION |
  Capability.MULTI_RESULTS |
  Capability.PLUGIN_AUTH |
  Capability.CONNECT_ATTRS |
  Capability.PLUGIN_AUTH_LENENC_CLIENT_DATA |
  Capability.DEPRECATE_EOF;

/** What it greets with: a version that clients take for MySQL 8, and nothing but the basics. */
function template(version: string): GreetingTemplate {
  return { serverVersion: `8.0.34-pointsman-${version}`, capabilities: CAPABILITIES, mariadbCapabilities: 0, charset: 45 };
}

/**
 * Opens the SQL console: the MySQL protocol, accounts of its own (all of them operators), and statements that ask and tell what the HTTP API
 * asks and tells.
 * @throws ListenError
 */
export async function openConsole(options: ConsoleOptions, context: AdminContext): Promise<ConsoleServer> {
  const clients = new Set<PacketSocket>();
  let nextId = 1;
  const login = loginOptions(options);
  const enter = (socket: Socket): void => {
    const packets = new PacketSocket(socket, 'client');
    if (clients.size >= MOST_CLIENTS)
      return refuseConnection(packets, {
        code: 1040,
        sqlState: '08004',
        message: `Too many connections: ${MOST_CLIENTS} consoles are open`,
      });
    clients.add(packets);
    socket.once('close', () => clients.delete(packets));
    const id = nextId++;
    new ClientLogin(packets, id, template(context.facts.version), login, (outcome) => logged(outcome, id, context));
  };
  const listener = new Listener({ name: 'console', address: options.address, fd: options.fd, onSocket: enter });
  await listener.open();
  return {
    address: listener.address,
    fd: listener.fd,
    async close(passedOn = false) {
      await listener.close(passedOn);
      for (const packets of clients) packets.destroy();
    },
  };
}

function loginOptions({ users, tls }: ConsoleOptions): LoginOptions {
  const accounts = new Map(users.map(({ name, password }) => [name, password]));
  return {
    account: (user): Account | undefined => {
      const password = accounts.get(user);
      return password === undefined ? undefined : { user, secrets: [{ kind: 'clear', password }], learnable: false };
    },
    tls,
    handshakeTimeoutMs: LOGIN_TIMEOUT_MS,
    rsaKey: new RsaKey(),
    throttle: new LoginThrottle(),
    clearTextAllowed: false,
    // The accounts are all in the configuration: nobody is asked about them.
    learn: async () => [],
    inquire: () => {
      throw new Error('accounts of the console are not learnt');
    },
  };
}

function logged(outcome: LoggedIn | LoginFailure, id: number, context: AdminContext): void {
  const { log, facts } = context;
  if (outcome.kind !== 'logged-in') {
    const { kind, user, clientAddress: client, message } = outcome;
    if (kind !== 'gone') log.warn({ console: true, client, user, reason: kind, detail: message }, 'login to the console failed');
    return;
  }
  const { user, packets } = outcome;
  const from = packets.remoteAddress;
  const desk = new ConsoleDesk(context, { name: user, role: 'operator', from });
  log.info({ console: true, client: from, user }, 'console opened');
  new ConsoleClient({
    login: outcome,
    run: (statement) => runStatement(statement, desk, { user, from, version: facts.version, connectionId: id }),
    explain(error) {
      if (error instanceof ConsoleError) return error.packet;
      log.error({ error }, 'a statement of the console failed');
      return { code: 1105, sqlState: 'HY000', message: 'this is a bug in Pointsman; its log says more' };
    },
    closed: () => log.info({ console: true, client: from, user }, 'console closed'),
  });
}
