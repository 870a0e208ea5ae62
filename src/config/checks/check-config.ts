import type { Config } from '../config.js';
import type { Findings } from '../findings.js';
import { checkAddresses } from './check-addresses.js';
import { checkAdmin } from './check-admin.js';
import { checkClusters } from './check-clusters.js';
import { checkListeners } from './check-listeners.js';
import { checkRules } from './check-rules.js';
import { checkUsers } from './check-users.js';

/** Everything that one key alone cannot tell: whether the parts of a configuration fit each other and the files they name. */
export function checkConfig(config: Config, findings: Findings): void {
  checkListeners(config, findings);
  checkAddresses(config, findings);
  checkClusters(config, findings);
  checkUsers(config, findings);
  checkRules(config, findings);
  checkAdmin(config, findings);
  if (config.drain.acceptForMs > config.drain.timeoutMs) {
    findings.error(['drain', 'acceptFor'], 'longer than drain.timeout, which includes it; lower it or raise the timeout');
  }
}
