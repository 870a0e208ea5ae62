import type { SessionEffect, StatementFacts } from '../../sql/facts.js';

/** Effects that a second run would have twice, or that only the lost server had. The others come about again. */
const NOT_AGAIN: Readonly<Partial<Record<SessionEffect['kind'], string>>> = {
  'temporary-table': 'a temporary table',
  'named-lock': 'GET_LOCK',
  'named-unlock': 'RELEASE_LOCK',
  'named-unlock-all': 'RELEASE_ALL_LOCKS',
  'lock-tables': 'LOCK TABLES',
  'unlock-tables': 'UNLOCK TABLES',
  'global-read-lock': 'FLUSH TABLES WITH READ LOCK',
  'backup-lock': 'a backup lock',
  'backup-unlock': 'a backup lock',
  handler: 'HANDLER',
  kill: 'KILL',
  shutdown: 'SHUTDOWN',
  xa: 'XA',
};

/** Why a transaction with this statement cannot be replayed, in words; undefined: it can. */
export function whyNotReplayable(facts: StatementFacts): string | undefined {
  if (facts.kind === 'call') return 'CALL';
  if (facts.loadLocal) return 'LOAD DATA LOCAL';
  if (facts.multi && (facts.mayCommit || facts.begins || facts.rollsBack)) return 'several statements in one text that begin or end it';
  if (facts.mayChangeState) return 'a routine, or a statement that is not known';
  if (facts.mayCommit && !facts.commits) return 'a statement that may commit';
  for (const effect of facts.effects) {
    if (effect.kind === 'system-variable' && effect.scope !== 'session') return 'SET GLOBAL';
    const why = NOT_AGAIN[effect.kind];
    if (why !== undefined) return why;
  }
  return facts.kind === 'admin' && !facts.harmless ? 'an administrative statement' : undefined;
}

/**
 * Errors after which the transaction surely goes on as it was, with the failed statement undone: wrong SQL, broken constraints, missing
 * rights, interruptions. Others may have ended it without a word (1205 with `innodb_rollback_on_timeout`, 1206, 1020 of MariaDB; ERR packets carry no
 * status flags), and then what follows would be another transaction.
 */
const STATEMENT_ERRORS: ReadonlySet<number> = new Set([
  1044, 1045, 1046, 1048, 1049, 1050, 1051, 1052, 1054, 1055, 1056, 1058, 1060, 1061, 1062, 1063, 1064, 1065, 1066, 1068, 1072, 1091, 1093,
  1103, 1109, 1110, 1111, 1113, 1136, 1140, 1142, 1143, 1146, 1149, 1169, 1176, 1191, 1192, 1193, 1210, 1215, 1216, 1217, 1221, 1222, 1227,
  1231, 1232, 1233, 1235, 1237, 1238, 1239, 1241, 1242, 1243, 1248, 1250, 1253, 1264, 1265, 1267, 1270, 1271, 1288, 1292, 1299, 1300, 1305,
  1317, 1318, 1319, 1356, 1362, 1364, 1365, 1366, 1367, 1370, 1382, 1390, 1406, 1411, 1424, 1425, 1426, 1427, 1442, 1443, 1451, 1452, 1456,
  1461, 1471, 1526, 1557, 1568, 1582, 1583, 1584, 1586, 1604, 1630, 1644, 1645, 1690, 1748, 1761, 1762, 1792, 1859, 1969, 3024, 3140, 3572,
  3730, 3819, 4025, 4161,
]);

export function leavesTransactionOpen(errorCode: number): boolean {
  return STATEMENT_ERRORS.has(errorCode);
}
