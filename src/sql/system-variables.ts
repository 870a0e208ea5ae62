import { DependsOn } from './facts.js';

/**
 * Session variables whose value is the same on every server of a cluster once the session's own settings are restored: what trackers
 * report, and what drivers ask for when they connect. Others (`@@hostname`, `@@read_only`, anything global) tell of one server.
 */
const SAME_EVERYWHERE = new Set(
  `autocommit auto_increment_increment auto_increment_offset big_tables character_set_client character_set_connection character_set_database
   character_set_results character_set_server character_set_system collation_connection collation_database collation_server
   completion_type default_storage_engine default_week_format div_precision_increment explicit_defaults_for_timestamp foreign_key_checks
   group_concat_max_len have_ssl init_connect innodb_lock_wait_timeout interactive_timeout lc_messages lc_time_names license
   lock_wait_timeout lower_case_table_names max_allowed_packet max_execution_time max_statement_time net_buffer_length net_read_timeout
   net_write_timeout old_passwords query_cache_size query_cache_type sql_auto_is_null sql_big_selects sql_log_bin sql_mode sql_notes
   sql_quote_show_create sql_safe_updates sql_select_limit sql_warnings storage_engine system_time_zone time_zone transaction_isolation
   transaction_read_only tx_isolation tx_read_only unique_checks version version_comment wait_timeout`.split(/\s+/),
);

const DEPENDS: ReadonlyMap<string, number> = new Map([
  ['last_insert_id', DependsOn.lastInsertId],
  ['identity', DependsOn.lastInsertId],
  ['warning_count', DependsOn.diagnostics],
  ['error_count', DependsOn.diagnostics],
  ['in_transaction', DependsOn.connection],
  ['insert_id', DependsOn.connection],
  ['last_gtid', DependsOn.connection],
  ['proxy_user', DependsOn.connection],
  ['pseudo_thread_id', DependsOn.connection],
  ['rand_seed1', DependsOn.connection],
  ['rand_seed2', DependsOn.connection],
  ['timestamp', DependsOn.connection],
]);

/**
 * Bits of `DependsOn` for reading `@@name`.
 * @param name lower case, without scope
 * @param global read with the scope `global.` (or one that we do not know)
 */
export function variableDependsOn(name: string, global: boolean): number {
  if (global) return DependsOn.server;
  const bits = DEPENDS.get(name);
  if (bits !== undefined) return bits;
  return SAME_EVERYWHERE.has(name) ? 0 : DependsOn.server;
}
