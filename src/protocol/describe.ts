import { decodeAuthMoreData } from './auth-more-data.js';
import { decodeAuthNextFactor } from './auth-next-factor.js';
import { decodeAuthSwitchRequest } from './auth-switch-request.js';
import { capabilityNames } from './capabilities.js';
import { decodeColumnDefinition } from './column-definition.js';
import { decodeStmtPrepareOk } from './commands/stmt-prepare-ok.js';
import { describeRequest } from './describe-request.js';
import { quote, type ShowText, shown } from './describe-text.js';
import { decodeEof } from './eof.js';
import { decodeErr } from './err.js';
import { decodeGreeting } from './greeting.js';
import { decodeHandshakeResponse } from './handshake-response.js';
import { decodeLocalInfileRequest } from './local-infile-request.js';
import { decodeOk } from './ok.js';
import { ProtocolError } from './protocol-error.js';
import type { FrameRole } from './response-tracker.js';
import { decodeResultHeader } from './result-header.js';
import type { SessionTrackItem } from './session-track.js';
import { decodeSslRequest } from './ssl-request.js';
import { statusFlagNames } from './status-flags.js';

/** What the one who describes knows about a frame: a role from the ResponseTracker, or its place in the login. */
export type FrameKind = FrameRole | 'greeting' | 'ssl-request' | 'handshake-response' | 'auth-answer' | 'command' | 'client-data';

export interface DescribeContext {
  /** Agreed so far; 0 before the handshake response. */
  readonly capabilities: number;
  readonly mariadbCapabilities?: number;
  /** Shows statements and error messages, which may hold SQL literals. Without it only their sizes are told. */
  readonly show?: ShowText;
}

/**
 * One readable line for the payload of a frame, for traces and logs. Never throws. Secrets (what plugins answer, nonces, passwords) and
 * data (rows, parameters, file content) are told by size only, and control characters are escaped.
 */
export function describe(kind: FrameKind, payload: Buffer, context: DescribeContext): string {
  try {
    return describeSound(kind, payload, context);
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    return `${kind}, ${payload.length} bytes, malformed (${error.message})`;
  }
}

function describeSound(kind: FrameKind, payload: Buffer, context: DescribeContext): string {
  const { capabilities, mariadbCapabilities = 0, show } = context;
  switch (kind) {
    case 'greeting':
      return describeGreeting(payload);
    case 'ssl-request':
      return `ssl-request, ${capabilityNames(decodeSslRequest(payload).capabilities)}`;
    case 'handshake-response':
      return describeHandshakeResponse(payload);
    case 'command':
      return describeRequest(payload, capabilities, show);
    case 'auth':
      return describeAuth(payload);
    case 'ok':
      return describeOk(payload, capabilities, show);
    case 'err': {
      const { code, sqlState, message } = decodeErr(payload, capabilities);
      return `err ${code} (${quote(sqlState).slice(1, -1)}) ${shown(Buffer.from(message), show)}`;
    }
    case 'eof': {
      const { statusFlags, warnings } = decodeEof(payload, capabilities);
      return `eof, ${statusFlagNames(statusFlags)}, ${warnings} warnings`;
    }
    case 'prepare-ok': {
      const { statementId, params, columns } = decodeStmtPrepareOk(payload, capabilities);
      return `prepare-ok, statement ${statementId}, ${params} params, ${columns} columns`;
    }
    case 'result-header': {
      const { columns, definitionsFollow } = decodeResultHeader(payload, capabilities, mariadbCapabilities);
      return `result-header, ${columns} columns${definitionsFollow ? '' : ' without definitions'}`;
    }
    case 'param':
    case 'column': {
      const { table, name, type } = decodeColumnDefinition(payload, mariadbCapabilities);
      return `${kind} ${quote(table === '' ? name : `${table}.${name}`)} of type 0x${type.toString(16).padStart(2, '0')}`;
    }
    case 'local-infile':
      return `local-infile ${quote(decodeLocalInfileRequest(payload).fileName)}`;
    default: // rows, data, continuations, answers of plugins: nothing but their size may be told
      return `${kind}, ${payload.length} bytes`;
  }
}

function describeGreeting(payload: Buffer): string {
  const { serverVersion, connectionId, authPlugin, capabilities } = decodeGreeting(payload);
  return `greeting ${quote(serverVersion)}, connection ${connectionId}, plugin ${quote(authPlugin)}, ${capabilityNames(capabilities)}`;
}

function describeHandshakeResponse(payload: Buffer): string {
  const { user, database, authPlugin, authResponse, attributes, capabilities } = decodeHandshakeResponse(payload);
  const parts = [`handshake-response user ${quote(user)}`, `auth ${authResponse.length} bytes`];
  if (database !== undefined) parts.push(`database ${quote(database)}`);
  if (authPlugin !== undefined) parts.push(`plugin ${quote(authPlugin)}`);
  if (attributes !== undefined) parts.push(`${attributes.length} attributes`);
  return [...parts, capabilityNames(capabilities)].join(', ');
}

function describeAuth(payload: Buffer): string {
  switch (payload[0]) {
    case 0xfe: {
      const { plugin, data } = decodeAuthSwitchRequest(payload);
      return `auth-switch-request ${quote(plugin)}, ${data.length} bytes`;
    }
    case 0x01:
      return `auth-more-data, ${decodeAuthMoreData(payload).data.length} bytes`;
    case 0x02: {
      const { plugin, data } = decodeAuthNextFactor(payload);
      return `auth-next-factor ${quote(plugin)}, ${data.length} bytes`;
    }
    default:
      return `auth, ${payload.length} bytes`;
  }
}

function describeOk(payload: Buffer, capabilities: number, show: ShowText | undefined): string {
  const { affectedRows, insertId, statusFlags, warnings, info, sessionTrack } = decodeOk(payload, capabilities);
  const parts = [`ok, ${affectedRows} rows`, `insert id ${insertId}`, statusFlagNames(statusFlags), `${warnings} warnings`];
  if (info.length > 0) parts.push(shown(info, show));
  for (const item of sessionTrack ?? []) parts.push(describeTrack(item));
  return parts.join(', ');
}

/** Names of what changed; values of variables may be anything (init_connect, a password validation string), so they are left out. */
function describeTrack(item: SessionTrackItem): string {
  switch (item.type) {
    case 'system-variables':
      return `changed ${item.variables.map(([name]) => quote(name)).join(' ')}`;
    case 'schema':
      return `schema ${quote(item.name)}`;
    case 'gtids':
      return `gtids ${quote(item.gtids)}`;
    case 'transaction-state':
      return `transaction ${quote(item.state)}`;
    default:
      return item.type;
  }
}
