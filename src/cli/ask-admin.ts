import { request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import type { AdminTarget } from './find-admin.js';

/** A running proxy could not be asked; the message says what to do. */
export class AskError extends Error {
  readonly code = 'PM_CLI_ASK';

  constructor(message: string) {
    super(message);
    this.name = 'AskError';
  }
}

/** The proxy understood, and what it was to take is wrong; the message is its own. */
export class RefusedError extends Error {
  readonly code = 'PM_CLI_REFUSED';

  constructor(message: string) {
    super(message);
    this.name = 'RefusedError';
  }
}

const TIMEOUT_MS = 10_000;
const MAX_ANSWER_BYTES = 64 * 1024 * 1024;

/**
 * The JSON answer of a running proxy to a GET of `path`.
 * @throws AskError when it cannot be reached, refuses, or answers something else.
 */
export async function askAdmin(target: AdminTarget, path: string): Promise<unknown> {
  return answerOf(target, await send(target, path, undefined, TIMEOUT_MS));
}

/** The answer of a running proxy to a GET of `path`, as it came. @throws AskError */
export async function readAdmin(target: AdminTarget, path: string): Promise<string> {
  const { status, body } = await send(target, path, undefined, TIMEOUT_MS);
  if (status !== 200) throw new AskError(`${target.name} answered ${status} to ${path}`);
  return body;
}

/**
 * The JSON answer of a running proxy to an action: a POST of `body`.
 * @param timeoutMs how long it may take; a switchover takes as long as its budget
 * @throws RefusedError when what was sent, or what it refers to, is wrong; AskError when it cannot be reached, refuses, or answers something else.
 */
export async function actAtAdmin(target: AdminTarget, path: string, body: object, timeoutMs = TIMEOUT_MS): Promise<unknown> {
  return answerOf(target, await send(target, path, JSON.stringify(body), timeoutMs));
}

function answerOf(target: AdminTarget, { status, body }: Answer): unknown {
  if (status === 401) {
    const hint =
      target.token === undefined ? 'it wants a token; set POINTSMAN_ADMIN_TOKEN, or give --config FILE' : 'it does not know the token';
    throw new AskError(`${target.name} refused: ${hint}`);
  }
  const answer = parse(body);
  if (answer === undefined) throw new AskError(`${target.name} did not answer as a Pointsman does; is it another program?`);
  if (status === 422) throw new RefusedError(messageOf(answer) ?? 'without a reason');
  if (status !== 200) throw new AskError(`${target.name} answered ${status}: ${messageOf(answer) ?? 'without a reason'}`);
  return answer;
}

interface Answer {
  readonly status: number;
  readonly body: string;
}

function send(target: AdminTarget, path: string, json: string | undefined, timeoutMs: number): Promise<Answer> {
  const { url, socketPath, token, name, certificate } = target;
  const request = url.protocol === 'https:' ? requestHttps : requestHttp;
  // The very certificate is known, so the name in it does not matter.
  const trust = certificate === undefined ? {} : { ca: certificate, checkServerIdentity: () => undefined };
  const headers = {
    ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    ...(json === undefined ? {} : { 'content-type': 'application/json' }),
  };
  const method = json === undefined ? 'GET' : 'POST';
  return new Promise((resolve, reject) => {
    const asked = request(
      new URL(path, url),
      { method, headers, timeout: timeoutMs, ...trust, ...(socketPath === undefined ? {} : { socketPath }) },
      (response) => {
        const chunks: Buffer[] = [];
        let size = 0;
        response.on('data', (chunk: Buffer) => {
          chunks.push(chunk);
          size += chunk.length;
          if (size > MAX_ANSWER_BYTES) response.destroy(new Error('its answer is too large'));
        });
        response.on('end', () => resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString() }));
        response.on('error', (error) => reject(new AskError(`${name}: ${error.message}`)));
      },
    );
    asked.on('timeout', () => asked.destroy(new Error(`no answer in ${timeoutMs / 1000} s`)));
    asked.on('error', (error: NodeJS.ErrnoException) => reject(new AskError(`no Pointsman answers at ${name}: ${reasonOf(error)}`)));
    asked.end(json);
  });
}

function reasonOf(error: NodeJS.ErrnoException): string {
  if (error.code === 'ECONNREFUSED' || error.code === 'ENOENT')
    return 'nothing listens there; is it running, and is --admin or --config right?';
  if (error.code === 'ENOTFOUND') return 'that host has no address';
  return error.message;
}

function parse(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

function messageOf(answer: unknown): string | undefined {
  const error = typeof answer === 'object' && answer !== null && 'error' in answer ? answer.error : undefined;
  return typeof error === 'object' && error !== null && 'message' in error ? String(error.message) : undefined;
}
