import { askAdmin } from './ask-admin.js';
import { type Command, EXIT } from './command.js';
import { ADMIN_OPTIONS, findAdmin } from './find-admin.js';
import { type Cell, table } from './table.js';

/** What is read of a session; a proxy of another version may lack any of it. */
interface SessionRow {
  readonly id: number;
  readonly user?: string;
  readonly client?: string;
  readonly cluster?: string;
  readonly route?: string;
  readonly phase?: string;
  readonly backend?: string;
  readonly backendThread?: number;
  readonly parked?: readonly { readonly backend: string; readonly backendThread: number }[];
  readonly schema?: string;
  readonly inTransaction?: boolean;
  readonly pinReasons?: readonly string[];
}

const HEAD = ['ID', 'USER', 'CLIENT', 'SCHEMA', 'CLUSTER', 'ROUTE', 'PHASE', 'SERVER', 'PARKED', 'TRX', 'PINNED BY'];

/** `pointsman sessions`: who is connected, where, and what keeps a session from moving. */
export const sessions: Command = {
  name: 'sessions',
  summary: 'list the sessions of clients',
  about:
    "Asks a running proxy. SERVER is the connection in use with the server's own id of it; PINNED BY says why a session cannot move now.",
  options: {
    ...ADMIN_OPTIONS,
    user: { value: 'NAME', about: 'only those of this account' },
    backend: { value: 'NAME', about: 'only those with a connection to this server' },
    pinned: { value: undefined, about: 'only those that cannot move now' },
    json: { value: undefined, about: 'what was found as JSON' },
  },
  examples: [
    ['pointsman sessions', 'all of them'],
    ['pointsman sessions --backend db2 --pinned', 'what would keep db2 from being drained'],
  ],
  async run(options, _operands, terminal) {
    const answer = (await askAdmin(findAdmin(options, terminal), '/api/v1/sessions')) as { sessions?: readonly SessionRow[] };
    const [user] = options['user'] ?? [];
    const [backend] = options['backend'] ?? [];
    const found = (answer.sessions ?? []).filter(
      (session) =>
        (user === undefined || session.user === user) &&
        (backend === undefined || session.backend === backend || session.parked?.some((parked) => parked.backend === backend) === true) &&
        (options['pinned'] === undefined || (session.pinReasons ?? []).length > 0),
    );
    if (options['json'] !== undefined) terminal.out(`${JSON.stringify({ sessions: found }, null, 2)}\n`);
    else terminal.out(found.length === 0 ? 'no sessions\n' : `${table(HEAD, found.map(row), terminal.colour)}${found.length} sessions\n`);
    return EXIT.fine;
  },
};

function row(session: SessionRow): Cell[] {
  const { parked = [], pinReasons = [] } = session;
  return [
    String(session.id),
    session.user ?? '',
    session.client ?? '',
    session.schema ?? '',
    session.cluster ?? '',
    session.route ?? '',
    session.phase ?? '',
    session.backend === undefined ? '' : `${session.backend} #${session.backendThread ?? '?'}`,
    parked.map((one) => `${one.backend} #${one.backendThread}`).join(' '),
    session.inTransaction === true ? { text: 'open', tone: 'doubtful' } : '',
    pinReasons.join(', '),
  ];
}
