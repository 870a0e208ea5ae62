import { check } from './check.js';
import type { Command } from './command.js';
import { completion } from './completion.js';
import { decode } from './decode.js';
import { doctor } from './doctor.js';
import { drain } from './drain.js';
import { explain } from './explain.js';
import { failover } from './failover.js';
import { failovers } from './failovers.js';
import { grants } from './grants.js';
import { help } from './help.js';
import { importCommand } from './import.js';
import { kill } from './kill.js';
import { logLevel } from './log-level.js';
import { pause } from './pause.js';
import { reload } from './reload.js';
import { resume } from './resume.js';
import { sessions } from './sessions.js';
import { start } from './start.js';
import { status } from './status.js';
import { switchover } from './switchover.js';
import { top } from './top.js';
import { trace } from './trace.js';
import { undrain } from './undrain.js';
import { upgrade } from './upgrade.js';
import { version } from './version.js';

/** Every command, in the order of the help. */
export const COMMANDS: readonly Command[] = [
  start,
  check,
  doctor,
  grants,
  status,
  top,
  sessions,
  kill,
  trace,
  switchover,
  failover,
  failovers,
  drain,
  undrain,
  pause,
  resume,
  explain,
  reload,
  upgrade,
  logLevel,
  decode,
  importCommand,
  completion,
  version,
  help,
];
