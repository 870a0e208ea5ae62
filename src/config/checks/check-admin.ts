import { formatAddress, isLoopback } from '../address.js';
import type { Config } from '../config.js';
import type { Findings } from '../findings.js';
import { checkKeyPair } from './check-tls-files.js';
import { eachDuplicate } from './duplicates.js';

/** A shorter token can be guessed by trying. */
const SHORT_TOKEN = 16;

/** Who may use the admin address. */
export function checkAdmin(config: Config, findings: Findings): void {
  const { address, token, tokens, tls } = config.admin;
  checkKeyPair(tls.certFile, tls.keyFile, ['admin', 'tls'], findings);
  if (!isLoopback(address) && token === undefined && tokens.length === 0) {
    const message = `others can reach ${formatAddress(address)}, so admin.token must be set; or listen on 127.0.0.1:${address.port || 6480}`;
    findings.error(['admin', 'address'], message);
  }
  const all = [
    { path: ['admin', 'token'], value: token },
    ...tokens.map((entry, index) => ({ path: ['admin', 'tokens', index, 'token'], value: entry.token })),
  ];
  for (const { path, value } of all) {
    if (value === undefined) continue;
    if (!/^[\x21-\x7e]+$/.test(value)) findings.error(path, 'a token has at least one character, no spaces and only ASCII characters');
    else if (value.length < SHORT_TOKEN) findings.warning(path, `a token of less than ${SHORT_TOKEN} characters can be guessed`);
  }
  eachDuplicate(
    all,
    (entry) => entry.value,
    (index) => findings.error(all[index]?.path ?? [], 'another token has the same text; each needs its own'),
  );
  eachDuplicate(
    tokens,
    (entry) => entry.name,
    (index, first) => findings.error(['admin', 'tokens', index, 'name'], `admin.tokens[${first}] has this name already; give it another`),
  );
  checkConsole(config, findings);
}

/** Who may use the SQL console. */
function checkConsole({ console: { users } }: Config, findings: Findings): void {
  users.forEach(({ password }, index) => {
    if (password === '')
      findings.error(['console', 'users', index, 'password'], 'an operator without a password is everybody; give it one');
  });
  eachDuplicate(
    users,
    (user) => user.name,
    (index, first) => findings.error(['console', 'users', index, 'name'], `console.users[${first}] has this name already; give it another`),
  );
}
