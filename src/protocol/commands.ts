/** First byte of a client's request (source: MySQL 8.0 `my_command.h`; from 0xfa on MariaDB 10.11 `mysql_com.h`). */
export const Command = {
  SLEEP: 0x00,
  QUIT: 0x01,
  INIT_DB: 0x02,
  QUERY: 0x03,
  FIELD_LIST: 0x04,
  CREATE_DB: 0x05,
  DROP_DB: 0x06,
  REFRESH: 0x07,
  SHUTDOWN: 0x08,
  STATISTICS: 0x09,
  PROCESS_INFO: 0x0a,
  CONNECT: 0x0b,
  PROCESS_KILL: 0x0c,
  DEBUG: 0x0d,
  PING: 0x0e,
  TIME: 0x0f,
  DELAYED_INSERT: 0x10,
  CHANGE_USER: 0x11,
  BINLOG_DUMP: 0x12,
  TABLE_DUMP: 0x13,
  CONNECT_OUT: 0x14,
  REGISTER_REPLICA: 0x15,
  STMT_PREPARE: 0x16,
  STMT_EXECUTE: 0x17,
  STMT_SEND_LONG_DATA: 0x18,
  STMT_CLOSE: 0x19,
  STMT_RESET: 0x1a,
  SET_OPTION: 0x1b,
  STMT_FETCH: 0x1c,
  DAEMON: 0x1d,
  BINLOG_DUMP_GTID: 0x1e,
  RESET_CONNECTION: 0x1f,
  CLONE: 0x20,
  SUBSCRIBE_GROUP_REPLICATION_STREAM: 0x21,
  STMT_BULK_EXECUTE: 0xfa,
  /** MariaDB's server threads use the next three in the process list; never sent by a client. */
  REPLICA_WORKER: 0xfb,
  REPLICA_IO: 0xfc,
  REPLICA_SQL: 0xfd,
  MULTI: 0xfe,
} as const;

const names = new Map<number, string>(Object.entries(Command).map(([name, byte]) => [byte, `COM_${name}`]));

/** Name for logs and metrics: `COM_QUERY`; `COM_0x63` for a byte nobody defined. */
export function commandName(byte: number): string {
  return names.get(byte) ?? `COM_0x${byte.toString(16).padStart(2, '0')}`;
}
