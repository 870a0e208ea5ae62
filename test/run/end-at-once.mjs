/**
 * Loaded before a test file. A process that ends by itself cleans up first, and Node 20 can wait there for ever, at 100 % CPU, for requests of
 * sockets that a test broke on purpose (seen in one of twenty runs: uv_run under Environment::CleanupHandles). The listener is added when all is
 * done, so that it is the last: tap's own, which judge the run, come before.
 */
process.once('beforeExit', () => process.on('exit', () => process.exit()));
