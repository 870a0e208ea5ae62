import type { IncomingMessage } from 'node:http';
import { AdminProblem } from './admin-problem.js';

/** Actions are a few words; nothing here takes more. */
export const MAX_BODY_BYTES = 64 * 1024;

/** Shorter than any deadline of an answer, so that nobody is told that what he has not asked for to the end may happen. */
const BODY_MS = 4_000;

/**
 * The whole body of a request.
 * @throws AdminProblem 413 as soon as it is clear that it is too large; 408 where it comes too slowly; 400 where it stops midway
 */
export function readBody(request: IncomingMessage): Promise<Buffer> {
  if (Number(request.headers['content-length'] ?? 0) > MAX_BODY_BYTES) return Promise.reject(tooLarge());
  return new Promise((resolve, reject) => {
    const late = () => reject(new AdminProblem(408, 'PM_ADMIN_BAD_REQUEST', `the body was not there within ${BODY_MS / 1000} s`));
    const timer = setTimeout(late, BODY_MS);
    request.once('close', () => clearTimeout(timer));
    const chunks: Buffer[] = [];
    let size = 0;
    request.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size <= MAX_BODY_BYTES) chunks.push(chunk);
      else reject(tooLarge());
    });
    request.on('end', () => {
      clearTimeout(timer);
      resolve(Buffer.concat(chunks));
    });
    const cut = () => reject(new AdminProblem(400, 'PM_ADMIN_BAD_REQUEST', 'the body ended before all of it had come'));
    request.on('error', cut);
    request.on('close', cut);
  });
}

function tooLarge(): AdminProblem {
  return new AdminProblem(413, 'PM_ADMIN_TOO_LARGE', `a body has at most ${MAX_BODY_BYTES / 1024} KiB here`);
}
