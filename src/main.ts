#!/usr/bin/env node
import cluster from 'node:cluster';
import { isSea } from 'node:sea';
import { text } from 'node:stream/consumers';
import { onStop } from './cli/on-stop.js';
import { runCli } from './cli/run-cli.js';
import { startWorker } from './cli/start-worker.js';

// A reader that leaves early (`pointsman status | head -1`) is no failure of ours.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });
}

/** Not at the top level: a single executable is a CommonJS script, which has no top-level await. */
async function main(): Promise<void> {
  process.exitCode = await runCli(process.argv.slice(2), {
    env: process.env,
    out: (line) => void process.stdout.write(line),
    err: (line) => void process.stderr.write(line),
    input: () => text(process.stdin),
    colour: process.stdout.isTTY === true && (process.env['NO_COLOR'] ?? '') === '',
    size: () => (process.stdout.isTTY ? { columns: process.stdout.columns, rows: process.stdout.rows } : undefined),
    onStop,
  });

  // Left to end by itself, Node 20 waits in its own clean-up, at 100 % CPU and for ever, for requests of sockets that broke at a bad moment.
  process.once('beforeExit', () => process.exit());

  // The command is done. Should anything forgotten keep the process alive, it does so for a second and no longer.
  setTimeout(() => process.exit(), 1000).unref();
}

// Of a single executable the workers are the same program; else they have a script of their own.
void (isSea() && cluster.isWorker ? startWorker() : main());
