import { check } from './check.js';
import type { Command } from './command.js';
import { decode } from './decode.js';
import { explain } from './explain.js';
import { help } from './help.js';
import { start } from './start.js';
import { status } from './status.js';
import { version } from './version.js';

/** Every command, in the order of the help. */
export const COMMANDS: readonly Command[] = [start, check, status, explain, decode, version, help];
