import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { COMMANDS } from '../../../src/cli/commands.js';
import { run } from './run.js';

t.test('bash completes commands and options with the script', async (t) => {
  const { out, code } = await run(['completion', 'bash']);
  t.equal(code, 0);
  const script = join(t.testdir(), 'completion.bash');
  writeFileSync(script, out);
  const complete = (...words: string[]): string[] => {
    const ask = `source "$0"; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _pointsman; printf '%s\\n' "\${COMPREPLY[@]}"`;
    return spawnSync('bash', ['-c', ask, script, 'pointsman', ...words], { encoding: 'utf8' })
      .stdout.trim()
      .split('\n');
  };
  t.same(complete('').sort(), COMMANDS.map(({ name }) => name).sort());
  t.same(complete('sess'), ['sessions']);
  t.same(complete('kill', '--q'), ['--query']);
});

t.test('zsh and fish get every command and option', async (t) => {
  for (const shell of ['zsh', 'fish']) {
    const { out } = await run(['completion', shell]);
    for (const { name, options } of COMMANDS) {
      t.match(out, name);
      for (const option of Object.keys(options)) t.match(out, option, `${shell}: ${name} --${option}`);
    }
  }
});

t.test('another shell', async (t) => {
  t.match(await run(['completion', 'csh']), { code: 2, err: /completion bash\|zsh\|fish/ });
});
