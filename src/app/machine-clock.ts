/**
 * Add to a `performance.now()` of this process for a time that all processes of this machine understand, in ms; subtract on the way back.
 * Both clocks are the kernel's monotonic one, which starts with the machine, so no change of the wall clock matters.
 */
export const MACHINE_CLOCK_OFFSET_MS = Number(process.hrtime.bigint()) / 1e6 - performance.now();
