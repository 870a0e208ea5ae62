/** The guides' servers have addresses such as 10.0.0.1: all of it runs in a network of its own, where these are ours. */
import { spawnSync } from 'node:child_process';
import { findServerBinary } from '../servers/server-binary.js';

const inside = process.env['POINTSMAN_GUIDES_INSIDE'] !== undefined;
if (inside || process.getuid?.() !== 0) {
  await import('./follow-guides.js');
} else {
  // A container would be in the machine's network and not in this one: the program itself is wanted.
  const isContained = (await findServerBinary('mysql').catch(() => undefined))?.source === 'docker';
  const env = { ...process.env, POINTSMAN_GUIDES_INSIDE: '1', ...(isContained && { POINTSMAN_TEST_SERVERS: 'packages' }) };
  const node = [process.execPath, ...process.execArgv];
  // There nothing can be downloaded any more.
  if (isContained)
    spawnSync(process.execPath, [new URL('../servers/provision.js', import.meta.url).pathname, 'mysql'], { env, stdio: 'inherit' });
  process.exitCode = spawnSync('unshare', ['--net', ...node, process.argv[1] ?? ''], { env, stdio: 'inherit' }).status ?? 1;
}
