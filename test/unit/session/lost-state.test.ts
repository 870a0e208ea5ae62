import t from 'tap';
import { LostState } from '../../../src/session/lost-state.js';
import type { SessionEffect } from '../../../src/sql/facts.js';

const create: SessionEffect = { kind: 'temporary-table', action: 'create', schema: undefined, name: 'temp' };
const dropTemporary: SessionEffect = { kind: 'temporary-table', action: 'drop', schema: undefined, name: 'temp' };
const drop: SessionEffect = { ...dropTemporary, orReal: true };

const names = (table: string): boolean => table === 'temp';
const names0 = (): boolean => false;

function lost(): LostState {
  const state = new LostState();
  state.add('db1', [], ['temp']);
  return state;
}

t.test('a lost temporary table is told to every statement that names it', async (t) => {
  const state = lost();
  for (let time = 0; time < 2; time++) t.equal(state.report(names, false, false), 'temporary table temp');
  t.equal(state.report(names0, false, false), undefined);
});

t.test('code that is not seen is told once', async (t) => {
  const state = lost();
  t.equal(state.report(names0, true, false), 'temporary table temp');
  t.equal(state.report(names0, true, false), undefined);
});

t.test('CREATE and DROP TEMPORARY may name it; only when they went well it is forgotten', async (t) => {
  for (const effect of [create, dropTemporary]) {
    const state = lost();
    t.equal(state.report(names, false, false, [effect]), undefined);
    t.equal(state.report(names, false, false), 'temporary table temp', 'it has failed');
    state.settle([effect]);
    t.equal(state.report(names, false, false), undefined);
    t.ok(state.isEmpty);
  }
});

t.test('a DROP without TEMPORARY would take the real table of that name', async (t) => {
  const state = lost();
  for (let time = 0; time < 2; time++) t.equal(state.report(names, false, false, [drop]), 'temporary table temp');
  state.settle([drop]);
  t.equal(state.report(names, false, false), 'temporary table temp');
});
