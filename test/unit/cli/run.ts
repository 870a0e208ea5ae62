import { runCli } from '../../../src/cli/run-cli.js';

/** What a command line wrote and returned. */
export interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Runs a command line in this process, with nothing of the real environment. */
export async function run(args: readonly string[], env: Record<string, string> = {}, input = ''): Promise<Ran> {
  let out = '';
  let err = '';
  const code = await runCli(args, {
    env,
    out: (text) => {
      out += text;
    },
    err: (text) => {
      err += text;
    },
    input: async () => input,
    colour: false,
    size: () => undefined,
    onStop: () => () => undefined,
  });
  return { code, out, err };
}
