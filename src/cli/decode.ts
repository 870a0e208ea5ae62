import { Conversation, type Sender, USUAL_CAPABILITIES } from '../protocol/conversation.js';
import { type Command, EXIT, UsageError } from './command.js';

/** `pointsman decode`: packets in hexadecimal, readable. */
export const decode: Command = {
  name: 'decode',
  summary: 'show packets of the MySQL protocol, given in hexadecimal, readable',
  operands: '[HEX ...]',
  about: `Packets with their headers, in hexadecimal; blanks and colons do not count. Without operands standard input is read: a line that begins with
"> " is from the client, with "< " from the server, others from --from. With the login among the packets its capabilities are used.
Secrets and data are told by their size only, statements and error messages too unless --show-text is given.`,
  options: {
    from: { value: 'client|server', about: 'who sent the packets (default: server)' },
    capabilities: { value: 'HEX', about: `what client and server agreed on (default: 0x${(USUAL_CAPABILITIES >>> 0).toString(16)})` },
    'show-text': { value: undefined, about: 'show statements and error messages, which may hold data' },
  },
  examples: [
    ['pointsman decode 0700000200000002000000', 'an OK packet'],
    ["pointsman decode --from client --show-text '09 00 00 00 03 53 45 4c 45 43 54 20 31'", 'a statement'],
  ],
  async run(options, operands, terminal) {
    const from = options['from']?.[0] ?? 'server';
    if (!isSender(from)) throw new UsageError('--from is client or server');
    const capabilities = Number.parseInt(options['capabilities']?.[0]?.replace(/^0x/i, '') ?? USUAL_CAPABILITIES.toString(16), 16);
    if (Number.isNaN(capabilities)) throw new UsageError('--capabilities is a hexadecimal number, such as 0x1aff20d');
    const conversation = new Conversation(capabilities, options['show-text'] === undefined ? undefined : (text) => text.toString());
    const text = operands.length > 0 ? operands.join(' ') : await terminal.input();
    for (const { sender, bytes } of runs(text, from)) {
      for (const line of conversation.lines(bytes, sender)) terminal.out(`${line}\n`);
    }
    return EXIT.fine;
  },
};

function isSender(text: string): text is Sender {
  return text === 'client' || text === 'server';
}

/** Bytes by sender; lines of one sender in a row belong together, so that a packet may take several. */
function runs(text: string, from: Sender): readonly { sender: Sender; bytes: Buffer }[] {
  const found: { sender: Sender; hex: string }[] = [];
  for (const line of text.split('\n')) {
    const mark = line.trimStart()[0];
    const sender = mark === '>' ? 'client' : mark === '<' ? 'server' : from;
    const hex = line.replace(/^\s*[<>]/, '').replace(/0x|[\s:]/gi, '');
    if (hex === '') continue;
    if (!/^[0-9a-f]*$/i.test(hex)) throw new UsageError('packets are given as hexadecimal digits, such as 0700000200000002000000');
    const last = found.at(-1);
    if (last?.sender === sender) last.hex += hex;
    else found.push({ sender, hex });
  }
  if (found.some(({ hex }) => hex.length % 2 === 1)) throw new UsageError('a byte has two hexadecimal digits; one is missing');
  return found.map(({ sender, hex }) => ({ sender, bytes: Buffer.from(hex, 'hex') }));
}
