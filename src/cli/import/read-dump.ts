import { ImportError, type ProxySqlConfig, type Row } from './proxysql-tables.js';

/** Columns in ProxySQL's own order (version 2), for INSERT without a list of them: https://proxysql.com/documentation/main-runtime/ */
const COLUMNS: Readonly<Record<string, string>> = {
  mysql_servers:
    'hostgroup_id hostname port gtid_port status weight compression max_connections max_replication_lag use_ssl max_latency_ms comment',
  mysql_users:
    'username password active use_ssl default_hostgroup default_schema schema_locked transaction_persistent fast_forward backend frontend max_connections attributes comment',
  mysql_replication_hostgroups: 'writer_hostgroup reader_hostgroup check_type comment',
  mysql_galera_hostgroups:
    'writer_hostgroup backup_writer_hostgroup reader_hostgroup offline_hostgroup active max_writers writer_is_also_reader max_transactions_behind comment',
  mysql_group_replication_hostgroups:
    'writer_hostgroup backup_writer_hostgroup reader_hostgroup offline_hostgroup active max_writers writer_is_also_reader max_transactions_behind comment',
  mysql_query_rules:
    'rule_id active username schemaname flagIN client_addr proxy_addr proxy_port digest match_digest match_pattern negate_match_pattern re_modifiers flagOUT replace_pattern destination_hostgroup cache_ttl cache_empty_result cache_timeout reconnect timeout retries delay next_query_flagIN mirror_flagOUT mirror_hostgroup error_msg OK_msg sticky_conn multiplex gtid_from_hostgroup log apply attributes comment',
  global_variables: 'variable_name variable_value',
};

const INSERT = /(?:INSERT|REPLACE)(?:\s+OR\s+\w+)?\s+INTO\s+(?:\w+\.)?[`"']?(\w+)[`"']?\s*(?:\(([^)]*)\))?\s*VALUES\s*/gi;
const VALUE = /\s*(?:'((?:[^'\\]|''|\\[\s\S])*)'|"((?:[^"\\]|""|\\[\s\S])*)"|([^,()\s]+))\s*([,)])/y;

/** Reads INSERT statements of ProxySQL's admin tables, as mysqldump or sqlite3 write them. @throws ImportError with the line */
export function readDump(text: string): ProxySqlConfig {
  const tables: Record<string, Row[]> = {};
  for (const match of text.matchAll(INSERT)) {
    const [whole, table = '', list] = match;
    const columns = list === undefined ? COLUMNS[table]?.split(' ') : list.split(',').map((name) => name.trim().replaceAll(/[`"']/g, ''));
    if (columns === undefined) continue;
    const rows = tables[table] ?? [];
    tables[table] = rows;
    readRows(text, match.index + whole.length, (values) => {
      rows.push(
        Object.fromEntries(values.flatMap((value, index) => (value === undefined ? [] : [[columns[index] ?? `column ${index}`, value]]))),
      );
    });
  }
  const variables = Object.fromEntries(
    (tables['global_variables'] ?? []).map((row) => [row['variable_name'] ?? '', row['variable_value'] ?? '']),
  );
  return { tables, variables };
}

/** `(...), (...);` @param row gets the values of each; undefined is NULL */
function readRows(text: string, from: number, row: (values: (string | undefined)[]) => void): void {
  let at = from;
  for (;;) {
    if (text[at] !== '(') throw new ImportError(`line ${lineAt(text, at)}: ( was expected behind VALUES`);
    at += 1;
    const values: (string | undefined)[] = [];
    for (let end = ','; end === ','; ) {
      VALUE.lastIndex = at;
      const match = VALUE.exec(text);
      if (match === null) throw new ImportError(`line ${lineAt(text, at)}: a value was expected`);
      const [, single, double, bare, sign = ''] = match;
      values.push(bare === undefined ? unquoted(single ?? double ?? '') : bare.toUpperCase() === 'NULL' ? undefined : bare);
      end = sign;
      at = VALUE.lastIndex;
    }
    row(values);
    const next = /\s*,\s*(?=\()/y;
    next.lastIndex = at;
    if (next.exec(text) === null) return;
    at = next.lastIndex;
  }
}

/** mysqldump writes `\'`, sqlite3 `''`; patterns hold backslashes of their own, which mysqldump doubles and sqlite3 does not. */
function unquoted(text: string): string {
  return text.replaceAll("''", "'").replaceAll(/\\(['"\\])/g, '$1');
}

function lineAt(text: string, at: number): number {
  return text.slice(0, at).split('\n').length;
}
