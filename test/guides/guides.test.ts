/** The guides' servers have addresses such as 10.0.0.1: all of it runs in a network of its own, where these are ours. */
import { spawnSync } from 'node:child_process';

const inside = process.env['POINTSMAN_GUIDES_INSIDE'] !== undefined;
if (inside || process.getuid?.() !== 0) {
  await import('./follow-guides.js');
} else {
  const env = { ...process.env, POINTSMAN_GUIDES_INSIDE: '1' };
  const again = ['--net', process.execPath, ...process.execArgv, process.argv[1] ?? ''];
  process.exitCode = spawnSync('unshare', again, { env, stdio: 'inherit' }).status ?? 1;
}
