from importlib import metadata

import aiomysql
from aiomysql import SSCursor
from async_driver import run
from pymysql.err import MySQLError

run(f"aiomysql {metadata.version('aiomysql')}", aiomysql, SSCursor, MySQLError)
