"""
Sends statements with query attributes by MySQL's own client library: python3 attributes_session.py PORT. The server behind the port is
scripted and answers OK to everything. Prints what was asked for as JSON.
"""
import datetime
import json
import socket
import sys

socket.gethostname = lambda: "client.example"
import mysql.connector  # noqa: E402

connection = mysql.connector.connect(
    host="127.0.0.1", port=int(sys.argv[1]), user="golden_native", password="golden-secret",
    ssl_disabled=True, use_pure=False, auth_plugin="mysql_native_password", autocommit=True, collation="utf8mb4_general_ci",
)
ATTRIBUTES = [("word", "text"), ("number", 5), ("nothing", None), ("half", 1.5), ("day", datetime.date(2020, 2, 29)), ("", "no name")]

cursor = connection.cursor()
cursor.execute("SELECT 'none'")
for name, value in ATTRIBUTES:
    cursor.add_attribute(name, value)
cursor.execute("SELECT 'with attributes'")
cursor.close()

prepared = connection.cursor(prepared=True)
prepared.execute("SELECT %s", ("plain",))
prepared.add_attribute("tag", "text")
prepared.add_attribute("number", 7)
prepared.execute("SELECT %s", ("tagged",))
prepared.close()
connection.close()
print(json.dumps({"attributes": [[name, None if value is None else str(value)] for name, value in ATTRIBUTES]}))
