/** The command line: `schalter <command>`. Commands are listed here and loaded when they are called, so that each starts fast. */
import { parseArgs } from 'node:util';
import { FINE, FINDINGS, WRONG_USE, WrongUse, type Command } from './command.ts';
import { table } from './table.ts';

interface Entry {
  readonly name: string;
  readonly summary: string;
  readonly load: () => Promise<{ default: Command }>;
}

const COMMANDS: readonly Entry[] = [
  { name: 'flow list', summary: 'services in a folder', load: () => import('./flow-list.ts') },
  { name: 'flow check', summary: 'everything that is wrong with a service, where, and what to do', load: () => import('./flow-check.ts') },
  {
    name: 'flow walk',
    summary: 'walks a service with answers: path, stop and why, outcome, payload',
    load: () => import('./flow-walk.ts'),
  },
  { name: 'flow explore', summary: 'walks every path of a service; what cannot be reached', load: () => import('./flow-explore.ts') },
  { name: 'flow export', summary: 'a service as XState machine, Mermaid diagram or JSON Schema', load: () => import('./flow-export.ts') },
  { name: 'fim import', summary: 'a FIM schema as the first draft of a service', load: () => import('./fim-import.ts') },
  { name: 'fim diff', summary: 'an imported service and a newer version of its schema', load: () => import('./fim-diff.ts') },
  { name: 'deliver status', summary: 'the delivery equation: nothing is lost', load: () => import('./deliver-status.ts') },
  {
    name: 'deliver restored',
    summary: 'after a restore: holds what may have been sent since the backup',
    load: () => import('./deliver-restored.ts'),
  },
  { name: 'audit verify', summary: 'the log of what staff read and did: nothing altered', load: () => import('./audit-verify.ts') },
  { name: 'migrate', summary: 'brings the database to this version', load: () => import('./migrate.ts') },
  { name: 'doctor', summary: 'what is configured, what is missing, what to do', load: () => import('./doctor.ts') },
];

const COMMON = { json: { type: 'boolean' }, help: { type: 'boolean', short: 'h' } } as const;

/** Runs a command line and gives the exit code: 0 fine, 1 findings, 2 wrong use. */
export async function main(args: readonly string[], print: (text: string) => void, complain: (text: string) => void): Promise<number> {
  const entry = COMMANDS.find(({ name }) => name.split(' ').every((word, i) => args[i] === word));
  if (!entry) {
    const asked = args.length === 0 || args[0] === '--help' || args[0] === '-h' || args[0] === 'help';
    if (!asked)
      complain(
        `There is no command "${args
          .filter((word) => !word.startsWith('-'))
          .slice(0, 2)
          .join(' ')}".\n`,
      );
    (asked ? print : complain)(overview());
    return asked && args.length > 0 ? FINE : WRONG_USE;
  }
  const command = (await entry.load()).default;
  try {
    const { values, positionals } = parseArgs({
      args: args.slice(entry.name.split(' ').length),
      options: { ...COMMON, ...command.options },
      allowPositionals: true,
    });
    if (values.help) {
      print(helpOf(entry, command));
      return FINE;
    }
    return await command.run({ values, positionals, json: values.json === true, print });
  } catch (error) {
    const wrongUse =
      error instanceof WrongUse || (error instanceof TypeError && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS'));
    if (wrongUse) {
      complain(`${error.message}\n\n${helpOf(entry, command)}`);
      return WRONG_USE;
    }
    complain(error instanceof Error ? error.message : String(error));
    return FINDINGS;
  }
}

function overview(): string {
  return `schalter <command> [--json] [--help]\n\n${table(COMMANDS.map(({ name, summary }) => [`  ${name}`, summary]))}\n\nExit code: 0 fine, 1 findings, 2 wrong use.`;
}

function helpOf({ name }: Entry, { usage, help }: Command): string {
  return `schalter ${name} ${usage}\n\n${help}\n\n  --json   one JSON document instead of text\n  --help   this help\n\nExit code: 0 fine, 1 findings, 2 wrong use.`;
}

if (import.meta.main) {
  // Set, not called: what was printed must reach a pipe before the process ends.
  process.exitCode = await main(
    process.argv.slice(2),
    (text) => void process.stdout.write(`${text}\n`),
    (text) => void process.stderr.write(`${text}\n`),
  );
}
