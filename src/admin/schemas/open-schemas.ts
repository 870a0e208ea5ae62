import { arrayOf, FLAG, objectOf, STRING } from '../json-schema.js';

export const HEALTH = objectOf({ alive: FLAG });

export const READINESS = objectOf({ ready: FLAG, reasons: arrayOf(STRING) });
