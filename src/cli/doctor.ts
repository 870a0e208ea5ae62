import { type Examination, examine } from '../app/doctor.js';
import { loadFrom } from '../config/load-from.js';
import { type Command, EXIT } from './command.js';
import { givenSource, SOURCE_OPTIONS } from './source-options.js';
import { type Tone, toned } from './table.js';

const MARKS = { fine: ['ok', 'good'], warning: ['WARN', 'doubtful'], problem: ['FAIL', 'bad'] } as const;

/** `pointsman doctor`: will it work with these servers? */
export const doctor: Command = {
  name: 'doctor',
  summary: 'ask every server whether a configuration will work with it',
  about: `Logs in to every server of the configuration with the health checks' account and asks for version, privileges, replication, GTIDs, binary
logs, clocks, read-only flags, the replication account and the coordinator. Says what will not work, and the SQL that mends it. Changes nothing;
the coordinator's lease is taken for a moment and given back. The exit code is 1 when something will not work.`,
  options: { ...SOURCE_OPTIONS, json: { value: undefined, about: 'as JSON' } },
  examples: [
    ['pointsman doctor --config pointsman.json', 'before the first start, and after changes on the servers'],
    ['pointsman doctor --config pointsman.json --json', 'for programs'],
  ],
  async run(options, _operands, terminal) {
    const { config } = loadFrom(givenSource(options), terminal.env);
    const examinations = await examine(config);
    terminal.out(options['json'] === undefined ? asText(examinations, terminal.colour) : `${JSON.stringify(examinations, null, 2)}\n`);
    const ill = examinations.some(({ findings }) => findings.some(({ severity }) => severity === 'problem'));
    return ill ? EXIT.failed : EXIT.fine;
  },
};

function asText(examinations: readonly Examination[], colour: boolean): string {
  const lines = examinations.flatMap(({ cluster, findings }) => [
    `cluster ${cluster}`,
    ...findings.flatMap(({ about, severity, text, fix }) => {
      const [mark, tone]: readonly [string, Tone] = MARKS[severity];
      return [`  ${toned(mark.padEnd(4), tone, colour)}  ${about}: ${text}`, ...(fix === undefined ? [] : [`          ${fix}`])];
    }),
  ]);
  return `${lines.join('\n')}\n`;
}
