/** A logger for commands: problems go to standard error, everything else is not said, so that output stays output. */
import type { Logger } from '#server/store';

export const quiet: Logger = {
  info: () => undefined,
  warn: (_fields, message) => void process.stderr.write(`${message}\n`),
  error: (_fields, message) => void process.stderr.write(`${message}\n`),
};
