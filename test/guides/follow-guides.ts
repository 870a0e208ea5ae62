import { readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { REPOSITORY } from '../proxy/run-pointsman.js';
import { serverUnavailable } from '../servers/servers.js';
import { type Block, blocksOf } from './blocks.js';
import { ELSEWHERE } from './elsewhere.js';
import { World, workingFolder } from './world.js';

const GUIDES = ['README.md', ...readdirSync(join(REPOSITORY, 'config/guides')).map((file) => `config/guides/${file}`)].filter(
  (file) => process.env['POINTSMAN_GUIDE'] === undefined || file.includes(process.env['POINTSMAN_GUIDE']),
);

/** Each command of a block that is not run here, without its comment. */
function commandsOf(block: Block): string[] {
  return block.text
    .split('\n')
    .map((line) => line.replace(/\s+#.*$/, '').trim())
    .filter((line) => line !== '' && !line.startsWith('#'));
}

t.test('what is not run here is on the list, and nothing else is on the list', async (t) => {
  const used = new Set<string>();
  for (const guide of GUIDES) {
    const blocks = blocksOf(readFileSync(join(REPOSITORY, guide), 'utf8')).filter(({ word }) => word === 'elsewhere');
    for (const command of blocks.flatMap(commandsOf)) {
      const known = Object.keys(ELSEWHERE).find((start) => command.startsWith(start));
      t.ok(known, `${guide}: ${command}`);
      if (known !== undefined) used.add(known);
    }
  }
  t.same(
    Object.keys(ELSEWHERE).filter((start) => !used.has(start)),
    [],
  );
});

/** The statements of an SQL block; none of ours holds a semicolon in a literal. */
function statementsOf(text: string): string[] {
  return text
    .replaceAll(/--.*$/gm, '')
    .split(';')
    .map((statement) => statement.trim())
    .filter((statement) => statement !== '');
}

async function follow(t: Test, world: World, guide: string): Promise<void> {
  const folder = workingFolder();
  symlinkSync(join(REPOSITORY, 'config'), join(folder, 'config'));
  for (const { language, word, text, line } of blocksOf(readFileSync(join(REPOSITORY, guide), 'utf8'))) {
    const place = `${guide}:${line}: ${text.trim().split('\n')[0]}`;
    if (word === 'elsewhere') continue;
    if (language === 'sh' && word === 'service') {
      await t.resolves(world.serve(text, folder), place);
    } else if (language === 'sh') {
      await t.resolves(world.script(text, folder), place);
    } else if (language === 'jsonc' && word !== '') {
      writeFileSync(join(folder, word), text);
      await t.resolves(world.script(`pointsman check --config ${word}`, folder), `${place} (checked)`);
    } else if (language === 'sql' && word === 'mysql') {
      for (const statement of statementsOf(text)) await t.resolves(world.primary.sql(statement), `${place}: ${statement}`);
    }
  }
  await world.endService();
}

const reason = await serverUnavailable('mysql');
const lacks = process.getuid?.() === 0 ? reason : 'a network of its own needs root';
t.test('every command of the guides, as a reader would type it', { skip: lacks ?? false }, async (t) => {
  const world = await World.open();
  t.teardown(() => world.close());
  for (const guide of GUIDES) await t.test(guide, (t) => follow(t, world, guide));
});
