import { dockerLacks } from '../servers/server-binary.js';

// The helper image that testcontainers would pull cannot be had everywhere; tests stop their own containers instead.
process.env['TESTCONTAINERS_RYUK_DISABLED'] = 'true';

/** Why a suite that needs these images is skipped here, or undefined when an engine answers and holds them all. Nothing is pulled. */
export async function enginesLack(...images: readonly string[]): Promise<string | undefined> {
  for (const image of images) {
    const reason = await dockerLacks(image);
    if (reason !== undefined) return reason;
  }
  return undefined;
}
