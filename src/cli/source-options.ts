import type { GivenSource } from '../config/load-from.js';
import type { GivenOptions, OptionDeclaration } from './command.js';

/** Options of the commands that read a whole configuration. */
export const SOURCE_OPTIONS: Readonly<Record<string, OptionDeclaration>> = {
  config: { value: 'FILE', about: 'configuration file (default: $POINTSMAN_CONFIG, then /etc/pointsman/pointsman.json)' },
  primary: { value: 'URL', about: 'without a file: a server, mysql://user:password@host:port (default: $POINTSMAN_PRIMARY)' },
  replica: { value: 'URL', repeated: true, about: 'without a file: a further server, host:port is enough (default: $POINTSMAN_REPLICAS)' },
};

/** What of it was given. */
export function givenSource(options: GivenOptions): GivenSource {
  return { config: options['config']?.[0], primary: options['primary']?.[0], replicas: options['replica'] };
}
