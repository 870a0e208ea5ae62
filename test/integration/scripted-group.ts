import { once } from 'node:events';
import type { AddressInfo, Server as NetServer, Socket } from 'node:net';
import { createServer } from 'mysql2';

/*
 * Members of a MySQL replication group that say what a test wants: no server at hand has the plugin. The wire is mysql2's server side; the
 * answers are what the reference manual shows for performance_schema of MySQL 8.0. They hold no data but tokens.
 */

export type MemberState = 'ONLINE' | 'RECOVERING' | 'OFFLINE' | 'ERROR' | 'UNREACHABLE';

interface Line {
  state: MemberState;
  role: 'PRIMARY' | 'SECONDARY';
}

type Values = Readonly<Record<string, string | null>>;

/** What mysql2's types do not tell of its server side. */
interface ServerConnection {
  readonly stream: Socket;
  on(event: string, listener: (text: string) => void): void;
  serverHandshake(hello: object): void;
  writeOk(ok?: object): void;
  writeError(error: { code: number; message: string }): void;
  writeTextResult(rows: readonly Values[], columns: readonly object[]): void;
}

const GROUP = 'aaaaaaaa-aaaa-aaaa-aaaa-aaaaaaaaaaaa';
/** Everything of the 4.1 protocol but TLS, compression, and what came later (DEPRECATE_EOF, session tracking). */
const CAPABILITIES = 0x000ff7df & ~0x00000820;
const READ_ONLY = 'The MySQL server is running with the --super-read-only option so it cannot execute this statement';

export class ScriptedMember {
  readonly name: string;
  readonly id: string;
  readonly flavor = 'mysql';
  readonly host = '127.0.0.1';
  readonly proxyHost = '127.0.0.1';
  /** How this member sees each member, itself included, by name. */
  readonly view = new Map<string, Line>();
  /** Tokens that were written here. */
  readonly tokens: string[] = [];
  port = 0;
  readonly #all: () => readonly ScriptedMember[];
  readonly #startedSeconds = Math.floor(Date.now() / 1000) - 1000;
  readonly #sockets = new Set<Socket>();
  #listener: NetServer | undefined;
  #threads = 0;

  constructor(number: number, all: () => readonly ScriptedMember[]) {
    this.name = `db${number}`;
    this.id = `0000000${number}-0000-0000-0000-000000000000`;
    this.#all = all;
  }

  async start(): Promise<void> {
    const server = createServer((() => undefined) as never) as unknown as {
      _server: NetServer;
      on(event: 'connection', listener: (connection: ServerConnection) => void): void;
    };
    server.on('connection', (connection) => this.#serve(connection));
    this.#listener = server._server;
    this.#listener.listen(this.port, this.host);
    await once(this.#listener, 'listening');
    this.port = (this.#listener.address() as AddressInfo).port;
  }

  /** As by SIGKILL: the port refuses, all connections break. */
  async kill(): Promise<void> {
    const closed = this.#listener === undefined ? undefined : once(this.#listener, 'close');
    this.#listener?.close();
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  /** A member that is no primary, or has no majority, is super_read_only by its plugin. */
  get #readOnly(): boolean {
    const self = this.view.get(this.name);
    return self?.role !== 'PRIMARY' || self.state !== 'ONLINE';
  }

  #serve(connection: ServerConnection): void {
    this.#sockets.add(connection.stream);
    connection.stream.on('close', () => this.#sockets.delete(connection.stream));
    connection.on('error', () => connection.stream.destroy());
    this.#threads += 1;
    connection.serverHandshake({
      protocolVersion: 10,
      serverVersion: '8.0.36',
      connectionId: this.#threads,
      statusFlags: 2,
      characterSet: 45,
      capabilityFlags: CAPABILITIES,
    });
    connection.on('query', (text) => this.#answer(connection, text));
    connection.on('stmt_prepare', () => connection.writeOk({ affectedRows: 0, serverStatus: 2 }));
  }

  #answer(connection: ServerConnection, text: string): void {
    const token = /^INSERT INTO g VALUES \('(\w+)'\)/.exec(text)?.[1];
    if (token !== undefined) {
      if (this.#readOnly) return connection.writeError({ code: 1290, message: READ_ONLY });
      this.tokens.push(token);
      return connection.writeOk({ affectedRows: 1, serverStatus: 2 });
    }
    const rows = this.#rows(text);
    if (rows === undefined) return connection.writeOk({ affectedRows: 0, serverStatus: 2 });
    const names = rows[0] === undefined ? ['nothing'] : Object.keys(rows[0]);
    const columns = names.map((name) => ({
      catalog: 'def',
      schema: '',
      table: '',
      orgTable: '',
      name,
      orgName: name,
      characterSet: 45,
      columnLength: 1024,
      columnType: 0xfd,
      flags: 0,
      decimals: 0,
    }));
    connection.writeTextResult(rows, columns);
  }

  #rows(text: string): readonly Values[] | undefined {
    if (text.includes('@@server_uuid AS id')) return [this.#process()];
    if (text.includes("'group_replication_group_name'")) return [{ Variable_name: 'group_replication_group_name', Value: GROUP }];
    if (text.includes('gtid_owned')) return [this.#round()];
    if (text.includes('replication_group_members')) return this.#members();
    if (text.includes('replication_group_member_stats')) return [{ queued: '0' }];
    return /^(SELECT|SHOW)/i.test(text) ? [] : undefined;
  }

  #process(): Values {
    const nowSeconds = Math.floor(Date.now() / 1000);
    const times = { now_s: String(nowSeconds), micros: '0', uptime_s: String(nowSeconds - this.#startedSeconds) };
    return { id: this.id, report_host: this.host, report_port: String(this.port), ...times };
  }

  #round(): Values {
    const flag = this.#readOnly ? '1' : '0';
    const gtid = { owned: '', executed: `${GROUP}:1-1000`, gtid_mode: 'ON' };
    const limits = { max_packet: '67108864', wait_timeout: '28800', interactive_timeout: '28800' };
    return { ...gtid, read_only: flag, super_read_only: flag, ...limits };
  }

  #members(): readonly Values[] {
    const base = { CHANNEL_NAME: 'group_replication_applier', MEMBER_VERSION: '8.0.36' };
    return this.#all().flatMap(({ name, id, host, port }) => {
      const line = this.view.get(name);
      if (line === undefined) return [];
      const { state, role } = line;
      return [{ ...base, MEMBER_ID: id, MEMBER_HOST: host, MEMBER_PORT: String(port), MEMBER_STATE: state, MEMBER_ROLE: role }];
    });
  }
}

/** Members that see each other alike until a test says otherwise. */
export class ScriptedGroup {
  readonly members: readonly ScriptedMember[];

  private constructor(count: number) {
    this.members = Array.from({ length: count }, (_, i) => new ScriptedMember(i + 1, () => this.members));
  }

  static async start(count: number): Promise<ScriptedGroup> {
    const group = new ScriptedGroup(count);
    await Promise.all(group.members.map((member) => member.start()));
    return group;
  }

  /**
   * What all of `seers` see from now on: `P`, `S`, or `S RECOVERING`, for each member in order; `-`: it is not in the group.
   * @param seers by default all
   */
  is(words: readonly string[], seers: readonly ScriptedMember[] = this.members): void {
    for (const seer of seers) {
      seer.view.clear();
      for (const [i, word] of words.entries()) {
        const [role, state = 'ONLINE'] = word.split(' ');
        const name = this.members[i]?.name;
        if (role === '-' || name === undefined) continue;
        seer.view.set(name, { state: state as MemberState, role: role === 'P' ? 'PRIMARY' : 'SECONDARY' });
      }
    }
  }

  async stop(): Promise<void> {
    await Promise.all(this.members.map((member) => member.kill()));
  }
}
