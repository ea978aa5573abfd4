import { explore, Coverage } from '#package';
import { FINDINGS, FINE, WrongUse, type Command } from './command.ts';
import { dayOption, oneFolder, soundPackage } from './packages.ts';
import { table } from './table.ts';

const command: Command = {
  usage: 'DIR [--max N] [--today YYYY-MM-DD]',
  help: [
    'Walks a service on every path: answers every question in all ways that decide something. Says which pages cannot be reached,',
    'which conditions were seen one way only, what cannot be decided, and (with --json) gives the journeys it found.',
    '',
    '  --max N        most walks to make (default 5000)',
    '  --today DATE   the day that counts as today (default 2026-03-02, so that results can be compared)',
  ].join('\n'),
  options: { max: { type: 'string' }, today: { type: 'string' } },
  run({ values, positionals, json, print }) {
    const dir = oneFolder(positionals);
    const maxStates = Number(values.max ?? 5_000);
    if (!Number.isInteger(maxStates) || maxStates < 1) throw new WrongUse('--max takes a whole number above 0.');
    const today = dayOption((values.today as string | undefined) ?? '2026-03-02');
    const subject = soundPackage(dir);
    const coverage = new Coverage();
    const found = explore(subject, { today, maxStates, coverage });
    const asked = [...subject.flow.pages.values()].filter((page) => page.kind !== 'done').map((page) => page.id);
    const report = {
      walks: found.states,
      cut: found.cut,
      ends: found.ends,
      pages: asked.length,
      unreached: asked.filter((id) => !found.reached.has(id)),
      stuck: found.stuck,
      oneSided: subject.flow.expressions
        .filter(({ kind, expression }) => kind !== 'computed' && coverage.oneSided(expression))
        .map(({ place, expression }) => ({
          place,
          expression: expression.source,
          never: coverage.of(expression).true === 0 ? (coverage.of(expression).false === 0 ? 'evaluated' : 'true') : 'false',
        })),
      undecidable: subject.flow.expressions
        .filter(({ expression }) => coverage.of(expression).undecided > 0)
        .map(({ place, expression }) => ({ place, expression: expression.source, reason: coverage.of(expression).reason })),
    };
    if (json) print(JSON.stringify({ ...report, journeys: found.journeys }, null, 2));
    else print(text(report));
    return report.unreached.length + report.undecidable.length > 0 ? FINDINGS : FINE;
  },
};

function text(report: {
  walks: number;
  cut: boolean;
  ends: { submit: number; exit: number };
  pages: number;
  unreached: string[];
  stuck: readonly string[];
  oneSided: { place: string; expression: string; never: string }[];
  undecidable: { place: string; expression: string; reason?: string }[];
}): string {
  const { walks, cut, ends, pages, unreached, stuck, oneSided, undecidable } = report;
  const parts = [
    `${walks} walks${cut ? ' (cut off: there are more ways)' : ', all ways'}: ${ends.submit} end in an application, ${ends.exit} at an exit.`,
    unreached.length === 0 ? `All ${pages} pages are reached.` : `Pages that are not reached:\n  ${unreached.join('\n  ')}`,
  ];
  if (stuck.length > 0) parts.push(`Pages that nothing that was tried gets past:\n  ${stuck.join('\n  ')}`);
  if (undecidable.length > 0)
    parts.push(`Cannot be decided:\n${table(undecidable.map((one) => [`  ${one.place}`, one.expression, one.reason ?? '']))}`);
  if (oneSided.length > 0)
    parts.push(
      `Seen one way only (a journey may show the other):\n${table(oneSided.map((one) => [`  ${one.place}`, `never ${one.never}`, one.expression]))}`,
    );
  return parts.join('\n\n');
}

export default command;
