"""What the Python programs of the matrix share: runs the scenarios named in the environment and prints a line for each."""
import asyncio
import datetime
import decimal
import hashlib
import inspect
import json
import os
import signal
import struct

env = os.environ
SCENARIO_LIMIT_S = 40
TEXT = "Größe 漢字 😀 עברית é ' \" \\ % end"
ALL_BYTES = bytes(range(256))
LARGE_BYTES = 20 * 1024 * 1024
SLEEP = "SELECT id FROM numbers WHERE SLEEP(20) = 0"

# The values of row 1 of every_type, as parameters.
EVERY_TYPE = {
    "c_tinyint": -128, "c_utinyint": 255, "c_smallint": -32768, "c_mediumint": -8388608, "c_int": -2147483648, "c_uint": 4294967295,
    "c_bigint": -9223372036854775808, "c_ubigint": 18446744073709551615, "c_decimal": decimal.Decimal("-12345678901234567890.0123456789"),
    "c_float": -1.5, "c_double": 1e100, "c_date": datetime.date(2024, 2, 29),
    "c_time": -datetime.timedelta(hours=123, minutes=59, seconds=58, microseconds=654321),
    "c_datetime": datetime.datetime(2024, 2, 29, 23, 59, 58, 123456), "c_timestamp": datetime.datetime(2001, 9, 9, 1, 46, 40, 500000),
    "c_year": 2155, "c_char": "ten", "c_varchar": "Größe 漢字 😀", "c_binary": bytes.fromhex("00ff0a27"),
    "c_varbinary": bytes.fromhex("00fffe5c27220d0a1a"), "c_blob": bytes.fromhex("ffd8ffe000104a46"), "c_text": "it's \\ a \"text\"",
    "c_enum": "größer", "c_set": "x,z", "c_json": '{"a": [1, null, "ä"]}', "c_bit": 2730, "c_null": None,
}


class Skip(Exception):
    """Thrown by a scenario that this client cannot do, with the reason."""


def large_blob():
    return b"".join(struct.pack("<I", (i * 2654435761 ^ (i >> 3)) & 0xFFFFFFFF) for i in range(0, LARGE_BYTES, 4))


def md5(data):
    return hashlib.md5(data).hexdigest()


def show(value):
    def default(one):
        if isinstance(one, (bytes, bytearray)):
            return "hex:" + bytes(one).hex()
        if isinstance(one, (set, frozenset)):
            return sorted(one)
        return f"{type(one).__name__}:{one}"

    return json.dumps(value, default=default, ensure_ascii=False)


def same(actual, expected, what):
    if actual != expected:
        raise AssertionError(f"{what}: {show(actual)[:300]} instead of {show(expected)[:300]}")


def describe(error):
    return " ".join(str(part) for part in getattr(error, "args", ()) if part is not None) or repr(error)


def line(status, name, detail):
    print(f"{status} {name}: {' '.join(str('' if detail is None else detail).split())}", flush=True)


def on_alarm(_signal, _frame):
    raise TimeoutError(f"no end in {SCENARIO_LIMIT_S} s")


def run_scenarios(version, scenarios):
    """scenarios: name -> function, coroutine function, or the reason why there is none."""
    print(f"version {version}", flush=True)
    signal.signal(signal.SIGALRM, on_alarm)
    for name in env["SCENARIOS"].split(","):
        work = scenarios.get(name)
        if work is None or isinstance(work, str):
            line("skip", name, work or "not a thing of this client")
            continue
        signal.alarm(SCENARIO_LIMIT_S)
        try:
            result = asyncio.run(work()) if inspect.iscoroutinefunction(work) else work()
            line("ok", name, result)
        except Skip as reason:
            line("skip", name, reason)
        except Exception as error:  # whatever it is, it is the answer
            line("not ok", name, f"{type(error).__name__} {describe(error)}")
        finally:
            signal.alarm(0)
