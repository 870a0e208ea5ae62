import { request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import type { AdminTarget } from './find-admin.js';

/**
 * Passes on the events of one type of a running proxy until the returned function is called. Only company for an action: what cannot be
 * listened to is missed without a word.
 * @returns settles once it listens (or cannot)
 */
export function watchEvents(target: AdminTarget, type: string, listener: (data: unknown) => void): Promise<() => void> {
  const { url, socketPath, token, certificate } = target;
  const request = url.protocol === 'https:' ? requestHttps : requestHttp;
  const trust = certificate === undefined ? {} : { ca: certificate, checkServerIdentity: () => undefined };
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
  return new Promise((resolve) => {
    const asked = request(
      new URL('/api/v1/events', url),
      { headers, ...trust, ...(socketPath === undefined ? {} : { socketPath }) },
      (response) => {
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (chunk: string) => {
          const blocks = (text + chunk).split('\n\n');
          text = blocks.pop() ?? '';
          for (const block of blocks) {
            const lines = block.split('\n');
            const data = lines.find((line) => line.startsWith('data: '));
            if (lines.includes(`event: ${type}`) && data !== undefined) listener(JSON.parse(data.slice(6)));
          }
        });
        response.on('error', () => undefined);
        resolve(() => asked.destroy());
      },
    );
    asked.on('error', () => resolve(() => undefined));
    asked.end();
  });
}
