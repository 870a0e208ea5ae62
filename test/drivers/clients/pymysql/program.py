import ssl
from importlib import metadata

import pymysql
import pymysql.cursors
from dbapi import Adapter, Program
from harness import env
from pymysql.constants import CLIENT

UNVERIFIED = ssl.create_default_context()
UNVERIFIED.check_hostname = False
UNVERIFIED.verify_mode = ssl.CERT_NONE


class PyMysql(Adapter):
    version = f"PyMySQL {metadata.version('PyMySQL')}"
    Error = pymysql.MySQLError

    def connect(self, user=None, password=None, database=None, tls=False, multi=False, infile=False):
        more = {"ssl": UNVERIFIED} if tls else {"ssl_disabled": True}
        return pymysql.connect(
            host=env["DB_HOST"], port=int(env["DB_PORT"]), user=user or env["DB_USER"], password=password or env["DB_PASSWORD"],
            database=database or env["DB_NAME"], charset="utf8mb4", local_infile=infile, client_flag=CLIENT.MULTI_STATEMENTS if multi else 0, **more,
        )

    def stream_cursor(self, connection):
        return connection.cursor(pymysql.cursors.SSCursor)


Program(PyMysql()).run()
