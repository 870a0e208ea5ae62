import { readFileSync } from 'node:fs';
import t from 'tap';
import { Command, commandName } from '../../../src/protocol/commands.js';
import { COMMANDS, handlerOf } from '../../../src/session/commands/index.js';
import { inRepository } from '../../rules/repository.js';

interface Row {
  readonly byte: number;
  readonly name: string;
  readonly fate: string;
  readonly seen: readonly string[];
}

const rows: Row[] = readFileSync(inRepository('src/session/README.md'), 'utf8')
  .split('\n')
  .map((line) => line.split('|').map((cell) => cell.trim()))
  .filter((cells) => /^`0x[0-9a-f]{2}`$/.test(cells[1] ?? ''))
  .map(([, byte = '', name = '', fate = '', , ...seen]) => ({
    byte: Number(byte.replaceAll('`', '')),
    name,
    fate,
    seen: seen.slice(0, 2),
  }));

t.test('the table in the README is what the handlers do', async (t) => {
  t.same(
    rows.map(({ byte }) => byte),
    [...COMMANDS.keys()],
    'every command, in order',
  );
  t.same([...COMMANDS.keys()], Object.values(Command), 'every command with a name');
  for (const { byte, name, fate, seen } of rows) {
    t.equal(name, commandName(byte).replace(/_REPLICA(_|$)/, '_SLAVE$1'));
    t.equal(fate, COMMANDS.get(byte)?.[0], `${name}: what is done with it`);
    for (const cell of seen) t.match(cell, /^(seen|scripted|-)$/, `${name}: ${cell}`);
  }
});

t.test('one handler per command', async (t) => {
  const handlers = [...COMMANDS.values()].map(([, handler]) => handler);
  t.equal(new Set(handlers).size, handlers.length);
  const nameless = handlerOf(0x63);
  for (let byte = 0; byte < 256; byte++) {
    if (COMMANDS.has(byte)) t.not(handlerOf(byte), nameless);
    else t.equal(handlerOf(byte), nameless);
  }
});
