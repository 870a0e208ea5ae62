export { unknown as changeUser } from './unknown.js';
