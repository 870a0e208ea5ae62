"""One login: host port user password tls(0|1). Prints "ok" or the error's code and text."""
import sys

import pymysql

host, port, user, password, tls = sys.argv[1:6]
try:
    options = {"ssl": {"check_hostname": False, "verify_mode": 0}} if tls == "1" else {"ssl_disabled": True}
    connection = pymysql.connect(host=host, port=int(port), user=user, password=password, connect_timeout=10, **options)
    connection.ping(reconnect=False)
    connection.close()
    print("ok")
except pymysql.err.OperationalError as error:
    print(*error.args)
