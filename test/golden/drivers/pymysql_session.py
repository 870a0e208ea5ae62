"""Drives PyMySQL through the recorder's tap: python3 pymysql_session.py PORT. Prints what PyMySQL saw as JSON."""
import json
import sys

import pymysql
import pymysql.constants.CLIENT
import pymysql.cursors

seen = []


def outcome(work):
    try:
        return work()
    except pymysql.MySQLError as error:
        return {"errno": error.args[0], "message": error.args[1]}


connection = pymysql.connect(
    host="127.0.0.1", port=int(sys.argv[1]), user="golden_native", password="golden-secret", database="golden",
    charset="utf8mb4", conv=dict(pymysql.converters.encoders), client_flag=pymysql.constants.CLIENT.MULTI_STATEMENTS, local_infile=True, ssl_disabled=True,
)


def query(sql, cursor_class=pymysql.cursors.Cursor):
    with connection.cursor(cursor_class) as cursor:
        cursor.execute(sql)
        results = []
        while True:
            results.append({"affected": cursor.rowcount, "insertId": cursor.lastrowid, "rows": [list(row) for row in cursor.fetchall()]})
            if not cursor.nextset():
                return results


for sql in [
    "SELECT 1 AS one, NULL AS nothing, '' AS blank",
    "SELECT * FROM thing ORDER BY id",
    "INSERT INTO thing (name) VALUES ('from python')",
    "SELECT 1; DO 0; SELECT 2",
    "CALL two_results()",
    "SELECT oops(",
    "DELETE FROM thing WHERE name = 'from python'",
    "LOAD DATA LOCAL INFILE 'no-such-file.tsv' INTO TABLE loaded",
    "SELECT DATABASE()",
]:
    seen.append({"did": sql, "got": outcome(lambda: query(sql))})
seen.append({"did": "unbuffered", "got": outcome(lambda: query("SELECT id FROM thing ORDER BY id", pymysql.cursors.SSCursor))})
connection.ping(reconnect=False)
seen.append({"did": "select_db", "got": outcome(lambda: connection.select_db("information_schema"))})
seen.append({"did": "kill", "got": outcome(lambda: connection.kill(2147483647))})
seen.append({"did": "commit", "got": outcome(lambda: connection.commit())})
connection.close()
print(json.dumps(seen))
