/** `print`: for offices that take paper. The delivery lies in the print queue until the post room has printed it. */
import type { PrintDestination } from '#server/config';
import type { CommonSettings, Protocol } from '../types.ts';

export interface PrintSettings extends CommonSettings {
  readonly adapter: 'print';
}

export const print: Protocol<PrintDestination, PrintSettings> = {
  settings: () => ({ endpoints: [] }),
  send: () => Promise.resolve({ kind: 'laid-out' }),
  mediaBreak: true,
  answers: () => true,
};
