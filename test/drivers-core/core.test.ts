import { CLIENTS } from '../drivers/clients.js';
import { testClients } from '../drivers/test-clients.js';

await testClients(
  CLIENTS.filter(({ core }) => core === true),
  { record: false },
);
