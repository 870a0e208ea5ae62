import t from 'tap';
import { SessionState } from '../../../src/session/session-state.js';

t.test('changesSince gives what a connection lacks, in the order of last setting', async (t) => {
  const state = new SessionState('test1', 'utf8mb4');
  t.same(state.changesSince(0), { variables: [], userVariables: [] });
  state.learn({ variables: [['sql_mode', 'ANSI'] as const, ['time_zone', '+01:00'] as const] });
  const early = state.revision;
  state.learn({ variables: [['sql_mode', ''] as const] });
  state.apply([{ kind: 'user-variable', name: 'a', literal: '1' }]);
  state.apply([{ kind: 'user-variable', name: 'b', literal: undefined }]);
  const names = (list: readonly (readonly [string, string, number])[]) => list.map(([name, value]) => `${name}=${value}`);
  t.same(names(state.changesSince(0).variables), ['time_zone=+01:00', 'sql_mode=']);
  t.same(names(state.changesSince(early).variables), ['sql_mode=']);
  t.same(names(state.changesSince(early).userVariables), ['a=1']);
  const [last] = state.changesSince(early).variables;
  t.equal(last !== undefined && last[2] > early && last[2] <= state.revision, true);
  t.same(state.changesSince(state.revision), { variables: [], userVariables: [] });
});

t.test('the revision rises with every change', async (t) => {
  const state = new SessionState('test1', 'utf8mb4');
  const rises = (change: () => void, what: string) => {
    const before = state.revision;
    change();
    t.ok(state.revision > before, what);
  };
  rises(() => state.learn({ schema: 'test2' }), 'schema');
  rises(() => state.learn({ variables: [['sql_mode', ''] as const] }), 'variable');
  rises(() => state.apply([{ kind: 'user-variable', name: 'a', literal: '1' }]), 'user variable');
  rises(() => state.learn({ transactionCharacteristics: 'SET TRANSACTION READ ONLY;' }), 'next transaction');
  const before = state.revision;
  state.learn({ schema: 'test2' });
  t.equal(state.revision, before, 'the same schema is no change');
  rises(() => state.reset(), 'reset');
});
