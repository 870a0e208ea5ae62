from importlib import metadata

import MySQLdb
import MySQLdb.cursors
from dbapi import Adapter, Program
from harness import env
from MySQLdb.constants import CLIENT


class MysqlClient(Adapter):
    version = f"mysqlclient {metadata.version('mysqlclient')} on libmariadb {MySQLdb.get_client_info()}"
    Error = MySQLdb.Error

    def connect(self, user=None, password=None, database=None, tls=False, multi=False, infile=False):
        more = {"ssl_mode": "REQUIRED"} if tls else {"ssl_mode": "DISABLED"}
        return MySQLdb.connect(
            host=env["DB_HOST"], port=int(env["DB_PORT"]), user=user or env["DB_USER"], password=password or env["DB_PASSWORD"],
            database=database or env["DB_NAME"], charset="utf8mb4", local_infile=infile,
            client_flag=CLIENT.MULTI_STATEMENTS | CLIENT.MULTI_RESULTS if multi else CLIENT.MULTI_RESULTS, **more,
        )

    def stream_cursor(self, connection):
        return connection.cursor(MySQLdb.cursors.SSCursor)

    def change_user(self, connection, user, password, database):
        connection.change_user(user, password, database)

    def literal(self, connection, text):
        return connection.literal(text).decode()

    def ping_again(self, connection):
        return self.connect()  # it no longer connects again by itself


Program(MysqlClient()).run()
