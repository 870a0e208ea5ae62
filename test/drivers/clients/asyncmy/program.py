from importlib import metadata

import asyncmy
from async_driver import run
from asyncmy.cursors import SSCursor
from asyncmy.errors import MySQLError

run(f"asyncmy {metadata.version('asyncmy')}", asyncmy, SSCursor, MySQLError)
