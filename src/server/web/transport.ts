/** Universal hook: see `shown.ts`. */
import type { Transport } from '@sveltejs/kit';
import { Shown } from './shown.ts';

export const transport: Transport = {
  Shown: { encode: (value) => value instanceof Shown && 1, decode: () => undefined },
};
