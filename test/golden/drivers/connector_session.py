"""
Drives MySQL's own client library (libmysqlclient inside mysql-connector-python) through the recorder's tap:
python3 connector_session.py PORT. It agrees on DEPRECATE_EOF, SESSION_TRACK and more that the others leave out.
"""
import json
import socket
import sys

# The connector sends the machine's name as a connect attribute; it has no place in a committed file.
socket.gethostname = lambda: "client.example"
import mysql.connector  # noqa: E402

seen = []


def outcome(work):
    try:
        return work()
    except mysql.connector.Error as error:
        return {"errno": error.errno, "sqlState": error.sqlstate, "message": error.msg}


connection = mysql.connector.connect(
    host="127.0.0.1", port=int(sys.argv[1]), user="golden_native", password="golden-secret", database="golden",
    ssl_disabled=True, use_pure=False, auth_plugin="mysql_native_password", autocommit=True, collation="utf8mb4_general_ci",
)


def query(sql):
    cursor = connection.cursor(raw=True)
    cursor.execute(sql)
    rows = [[None if value is None else bytes(value).decode() for value in row] for row in cursor.fetchall()] if cursor.with_rows else []
    result = {"affected": cursor.rowcount, "insertId": cursor.lastrowid, "rows": rows}
    cursor.close()
    return result


def prepared(sql, values):
    cursor = connection.cursor(prepared=True)
    cursor.execute(sql, values)
    rows = [[str(value) for value in row] for row in cursor.fetchall()] if cursor.with_rows else []
    cursor.close()
    return {"rows": rows}


for sql in [
    "SELECT 1 AS one, NULL AS nothing, '' AS blank",
    "SELECT * FROM thing ORDER BY id",
    "INSERT INTO thing (name) VALUES ('from the connector')",
    "UPDATE thing SET price = 9 WHERE name = 'from the connector'",
    "DELETE FROM thing WHERE name = 'from the connector'",
    "SELECT oops(",
    "USE information_schema", "USE mysql",
    "SET NAMES utf8mb4",
]:
    seen.append({"did": sql, "got": outcome(lambda: query(sql))})
connection.cmd_init_db("golden")
seen.append({"did": "prepared", "got": outcome(lambda: prepared("SELECT id, name FROM thing WHERE id >= %s ORDER BY id", (2,)))})
seen.append({"did": "prepared", "got": outcome(lambda: prepared("SELECT %s", ("text",)))})
connection.ping()
connection.cmd_statistics()
outcome(lambda: connection.cmd_refresh(4))
outcome(lambda: connection.cmd_change_user("golden_native", "golden-secret", "golden"))
outcome(lambda: connection.cmd_change_user("golden_native", "wrong", "golden"))
print(json.dumps(seen))
