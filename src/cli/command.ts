/** What a command is. One file a command; `main.ts` lists them and loads a file only when its command is called. */
import type { ParseArgsConfig } from 'node:util';

/** Exit codes: fine, findings, wrong use. */
export const FINE = 0;
export const FINDINGS = 1;
export const WRONG_USE = 2;

export interface Input {
  readonly values: Readonly<Record<string, unknown>>;
  readonly positionals: readonly string[];
  /** `--json` was given: print one JSON document and nothing else. */
  readonly json: boolean;
  readonly print: (text: string) => void;
}

export interface Command {
  /** Arguments as the help shows them: `DIR...`. */
  readonly usage: string;
  /** What it does, for the help: a few lines. */
  readonly help: string;
  /** Options beyond `--json` and `--help`. */
  readonly options?: NonNullable<ParseArgsConfig['options']>;
  /** Runs it and gives the exit code. Throws `WrongUse` for arguments that make no sense. */
  readonly run: (input: Input) => number | Promise<number>;
}

/** Arguments that make no sense; the message says what to write instead. */
export class WrongUse extends Error {}
