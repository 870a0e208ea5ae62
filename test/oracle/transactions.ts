import { type Circumstances, one, sql, type Writer } from './circumstances.js';

function end(at: Circumstances): ReturnType<Writer> {
  const chain = at.random.chance(0.12);
  at.transaction = chain;
  const verb = at.random.weighted([
    [5, 'COMMIT'],
    [4, 'ROLLBACK'],
    [0.5, 'COMMIT WORK'],
    [0.5, '/* end */ rollback'],
  ]);
  return one(chain ? `${verb} AND CHAIN` : verb);
}

const BEGINS = [
  'BEGIN',
  'START TRANSACTION',
  'START TRANSACTION READ ONLY',
  'START TRANSACTION READ ONLY',
  'START TRANSACTION WITH CONSISTENT SNAPSHOT',
  'START TRANSACTION READ WRITE',
  'START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY',
  'begin work',
];

/** Begins, ends and what is only said inside. */
export const transaction: Writer = (at) => {
  const { random } = at;
  const open = at.transaction || !at.autocommit;
  if (!open) {
    at.transaction = true;
    const begin = sql(random.pick(at.roleSet ? BEGINS.filter((text) => !text.includes('ONLY')) : BEGINS));
    if (random.chance(0.2))
      return [sql(`SET TRANSACTION ISOLATION LEVEL ${random.pick(['READ COMMITTED', 'SERIALIZABLE', 'REPEATABLE READ'])}`), begin];
    if (random.chance(0.1)) return [sql('SET TRANSACTION READ ONLY'), begin];
    return [begin];
  }
  return random.weighted<Writer>([
    [6, end],
    [1, () => one(`SAVEPOINT ${random.pick(['one', 'two'])}`)],
    [1, () => one(`ROLLBACK TO ${random.pick(['one', 'SAVEPOINT two'])}`)],
    [0.4, () => one(`RELEASE SAVEPOINT ${random.pick(['one', 'two'])}`)],
    [0.4, () => one(random.pick(BEGINS))],
    [0.3, () => one('BEGIN; INSERT INTO plain (k) VALUES (45); COMMIT')],
    [0.2, () => one('SET TRANSACTION ISOLATION LEVEL READ COMMITTED')],
  ])(at);
};

/** Locks of all kinds. */
export const lock: Writer = (at) => {
  const { random, locks, handlers } = at;
  if (at.tablesLocked && random.chance(0.6)) {
    at.tablesLocked = false;
    return one('UNLOCK TABLES');
  }
  const name = `${at.lane}.${random.pick(['one', 'two'])}`;
  return random.weighted<Writer>([
    [
      locks.size > 0 ? 1 : 3,
      () => {
        locks.add(name);
        return one(random.pick([`SELECT GET_LOCK('${name}', 1)`, `DO GET_LOCK('${name}', 0)`, `SET @a = GET_LOCK('${name}', 0)`]));
      },
    ],
    [
      locks.size > 0 ? 5 : 0.5,
      () => {
        const all = random.chance(0.4);
        if (all) locks.clear();
        else locks.delete(name);
        return one(all ? 'SELECT RELEASE_ALL_LOCKS()' : random.pick([`SELECT RELEASE_LOCK('${name}')`, `DO RELEASE_LOCK('${name}')`]));
      },
    ],
    [1, () => one(`SELECT IS_FREE_LOCK('${name}'), IS_USED_LOCK('${name}') IS NULL`)],
    [
      1,
      () => {
        at.tablesLocked = true;
        at.transaction = false;
        return one(
          random.pick(['LOCK TABLES item WRITE, plain READ', 'LOCK TABLES item READ', 'LOCK TABLES plain WRITE, part READ, item i READ']),
        );
      },
    ],
    [
      handlers.size > 0 ? 0.3 : 1,
      () => {
        handlers.add('h');
        return [sql(random.pick(['HANDLER item OPEN AS h', 'HANDLER plain OPEN AS h'])), sql('HANDLER h READ FIRST')];
      },
    ],
    [
      handlers.size > 0 ? 2 : 0.2,
      () => one(random.pick(['HANDLER h READ `PRIMARY` NEXT', 'HANDLER h READ `PRIMARY` = (2)', 'HANDLER h READ NEXT LIMIT 2'])),
    ],
    [
      handlers.size > 0 ? 2 : 0,
      () => {
        handlers.clear();
        return one('HANDLER h CLOSE');
      },
    ],
    [0.2, () => one('UNLOCK TABLES')],
  ])(at);
};
