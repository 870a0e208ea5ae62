/** Where a worker process begins. */
import { limitYoungGeneration } from './young-generation.js';

limitYoungGeneration();
await import('./worker-main.js');
