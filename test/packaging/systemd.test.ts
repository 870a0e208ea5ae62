import { copyFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { REPOSITORY } from '../proxy/run-pointsman.js';
import { installPackages } from '../servers/debian-packages.js';
import { runCommand } from '../servers/run-command.js';

const UNIT = join(REPOSITORY, 'config/systemd/pointsman.service');

t.test('the unit is one that systemd takes', async (t) => {
  if (!existsSync('/usr/bin/systemd-analyze')) await installPackages(['systemd'], (text) => t.comment(text));
  const folder = t.testdir();
  const verify = async (change: (text: string) => string): Promise<string> => {
    const file = join(folder, 'pointsman.service');
    writeFileSync(file, change(readFileSync(UNIT, 'utf8')));
    // Its complaints about unknown words are warnings, with exit code 0, on standard error.
    return await runCommand('sh', ['-c', 'systemd-analyze verify --man=no "$0" 2>&1 || echo "exit code $?"', file], { timeoutMs: 60_000 });
  };
  const about = (text: string): string[] => text.split('\n').filter((line) => line.includes('pointsman.service') || line.includes('exit'));
  t.same(about(await verify((text) => text)), [], 'nothing to say about it');
  t.not(about(await verify((text) => text.replace('TimeoutStopSec', 'TimeOutStopSec'))).length, 0, 'the check can fail');
});

t.test('logrotate takes its configuration', async (t) => {
  await installPackages(['logrotate'], (text) => t.comment(text));
  const file = join(t.testdir(), 'pointsman');
  copyFileSync(join(REPOSITORY, 'config/logrotate/pointsman'), file);
  const said = await runCommand('sh', ['-c', '/usr/sbin/logrotate --debug "$0" 2>&1', file]);
  t.match(said, /rotating pattern: \/var\/log\/pointsman\/\*\.log/);
  t.notMatch(said, /error/i);
});
