import { CLIENTS } from './clients.js';
import { testClients } from './test-clients.js';

// For work on one client: POINTSMAN_ONLY=mysql2,pymysql (or --only=...); only a whole run is written down.
const { POINTSMAN_ONLY: only = '' } = process.env;
const wanted = CLIENTS.filter(({ name }) => only === '' || only.split(',').includes(name));

await testClients(wanted, { record: only === '' });
