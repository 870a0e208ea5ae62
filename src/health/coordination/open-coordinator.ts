import type { MonitorOptions } from '../options.js';
import type { Coordinator } from './coordinator.js';
import { holderName } from './holder-name.js';
import { NoCoordinator } from './no-coordinator.js';

/** The coordinator that the options ask for. Opens no connection before the first `acquire`. */
export function openCoordinator(_options: MonitorOptions): Coordinator {
  return new NoCoordinator(holderName());
}
