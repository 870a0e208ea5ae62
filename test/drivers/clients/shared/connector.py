"""Both of the connector's ways: DRIVER_PURE=1 is Python only, else libmysqlclient (MySQL's own client library) within it."""
import os
from importlib import metadata

import mysql.connector
from dbapi import Adapter, Program
from harness import env

PURE = os.environ.get("DRIVER_PURE") == "1"
if not PURE:
    import _mysql_connector


class Connector(Adapter):
    version = f"mysql-connector-python {metadata.version('mysql-connector-python')}, {'pure Python' if PURE else 'libmysqlclient'}"
    # The C way lets its library's own error through where a later result fails.
    Error = (mysql.connector.Error,) if PURE else (mysql.connector.Error, _mysql_connector.MySQLInterfaceError)

    def connect(self, user=None, password=None, database=None, tls=False, multi=False, infile=False):
        more = {} if tls else {"ssl_disabled": True}
        if infile:
            more["allow_local_infile"] = True
        return mysql.connector.connect(
            host=env["DB_HOST"], port=int(env["DB_PORT"]), user=user or env["DB_USER"], password=password or env["DB_PASSWORD"],
            database=database or env["DB_NAME"], charset="utf8mb4", collation="utf8mb4_general_ci", use_pure=PURE, connection_timeout=20, **more,
        )

    def error(self, error):
        return f"{error.errno} {error.sqlstate} {error.msg}"

    def prepared_cursor(self, connection):
        return connection.cursor(prepared=True)

    def stream_cursor(self, connection):
        return connection.cursor(buffered=False)

    def next_results(self, cursor):
        if hasattr(cursor, "stored_results") and not hasattr(cursor, "nextset"):
            return [[list(row) for row in result.fetchall()] for result in cursor.stored_results()]
        return super().next_results(cursor)

    def thread_id(self, connection):
        return connection.connection_id

    def change_user(self, connection, user, password, database):
        connection.cmd_change_user(user, password, database, charset=45)

    def literal(self, connection, text):
        return "'" + text.replace("\\", "\\\\").replace("'", "''") + "'"

    def ping_again(self, connection):
        connection.reconnect()
        return connection


Program(Connector()).run()
