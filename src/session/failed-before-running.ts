/**
 * Errors that a server finds while it reads a statement and opens its tables: nothing of it has run then, so that FOUND_ROWS() is as it was. (Seen on MariaDB
 * 10.11, where any other error of a SELECT, or of a subquery in SET, leaves what had been found so far; MySQL leaves it alone at any error.)
 */
const BEFORE: ReadonlySet<number> = new Set([
  1044, 1045, 1046, 1049, 1051, 1052, 1054, 1055, 1056, 1059, 1060, 1063, 1064, 1066, 1099, 1100, 1103, 1104, 1105, 1109, 1110, 1115, 1120,
  1142, 1143, 1146, 1193, 1210, 1222, 1227, 1235, 1241, 1243, 1248, 1290, 1305, 1318, 1370, 1582, 1644, 1645, 1758, 1792, 1836,
]);

/** True for an error that was found before anything of the statement ran. */
export function failedBeforeRunning(code: number): boolean {
  return BEFORE.has(code);
}
