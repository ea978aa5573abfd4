import { readFileSync } from 'node:fs';
import { compilePayload, flattenAnswers, nestAnswers, walk, type Json, type Step, type Walk } from '#flow';
import { listCodes, parameterValues, parseJson, payloadValidator, type JourneyDocument } from '#package';
import { FINDINGS, FINE, WrongUse, type Command } from './command.ts';
import { dayOption, oneFolder, soundPackage } from './packages.ts';
import { table } from './table.ts';

const command: Command = {
  usage: 'DIR --answers FILE [--today YYYY-MM-DD] [--strict]',
  help: [
    'Walks a service with the answers of a JSON file (nested by path; or a journey, whose "answers", "today" and "params" count).',
    'Prints the path, where it stops and why, the outcome, the answers that count, and the payload.',
    '',
    '  --answers FILE   the answers; "-" reads them from standard input',
    '  --today DATE     the day that counts as today (default: that of the journey, else the current one)',
    '  --strict         optional questions and info pages must have been seen, as for citizens',
  ].join('\n'),
  options: { answers: { type: 'string' }, today: { type: 'string' }, strict: { type: 'boolean' } },
  run({ values, positionals, json, print }) {
    const dir = oneFolder(positionals);
    if (typeof values.answers !== 'string') throw new WrongUse('Name the file of the answers with --answers.');
    const journey = readAnswers(values.answers);
    const today = dayOption((values.today as string | undefined) ?? journey.today ?? new Date().toISOString().slice(0, 10));
    const { flow, service, lists, payload } = soundPackage(dir);
    const { answers, unknown } = flattenAnswers(flow, journey.answers);
    const result = walk(flow, answers, {
      today,
      params: parameterValues(service, journey.params),
      lists: listCodes(lists),
      lenient: values.strict !== true,
    });
    const outcome = result.outcome === 'complete' ? 'submit' : result.outcome;
    const document = result.outcome === 'complete' ? compilePayload(flow, payload.document).build(result) : undefined;
    const report = {
      outcome,
      stop: result.stop,
      why: result.outcome === 'stop' ? whyStopped(result) : [],
      pages: result.steps.map((step) => step.path),
      answers: nestAnswers(flow, result.counted),
      ignored: unknown,
      undecided: result.undecided,
      payload: document,
      payloadProblems: document === undefined ? [] : payloadValidator(payload.schema)(document),
    };
    print(json ? JSON.stringify(report, null, 2) : text(report, result));
    return report.undecided.length + report.payloadProblems.length + unknown.length > 0 ? FINDINGS : FINE;
  },
};

function readAnswers(file: string): Partial<JourneyDocument> & { answers: Record<string, Json> } {
  let source: string;
  try {
    source = readFileSync(file === '-' ? 0 : file, 'utf8');
  } catch {
    throw new WrongUse(`The file "${file}" cannot be read.`);
  }
  const { value, problem } = parseJson(source);
  if (problem) throw new WrongUse(`${file}: ${problem.message}`);
  if (value === null || typeof value !== 'object' || Array.isArray(value)) throw new WrongUse(`${file}: an object of answers is needed.`);
  const journey = Object.hasOwn(value, 'answers') && Object.hasOwn(value, 'expect');
  return journey ? (value as unknown as JourneyDocument) : { answers: value };
}

/** Why it stopped: wrong values, rules that fail, or what is asked for. */
function whyStopped(result: Walk): string[] {
  const step: Step = result.steps.at(-1)!;
  const errors = step.errors.map((error) => `${error.path}: ${error.code}`);
  const rules = result.warnings.filter((warning) => !warning.confirmed).map((warning) => `rule ${warning.rule} (${warning.level})`);
  if (errors.length + rules.length > 0) return [...errors, ...rules];
  const asked = step.fields.filter((field) => !field.type.silent).map((field) => field.path);
  return [asked.length > 0 ? `asks for ${asked.join(', ')}` : step.entries ? 'asks for entries' : 'not read yet'];
}

function text(
  report: {
    outcome: string;
    stop: string;
    why: string[];
    ignored: string[];
    undecided: Walk['undecided'];
    answers: Json;
    payload?: Json;
    payloadProblems: { place: string; message: string }[];
  },
  result: Walk,
): string {
  const rows = result.steps.map((step, i) => [String(i + 1).padStart(3), step.path, step.page.kind, step.state]);
  const parts = [
    table(rows),
    `outcome: ${report.outcome} at ${report.stop}${report.why.length > 0 ? `\n  ${report.why.join('\n  ')}` : ''}`,
    `answers that count:\n${JSON.stringify(report.answers, null, 2)}`,
  ];
  if (report.ignored.length > 0) parts.push(`answers the service does not ask for:\n  ${report.ignored.join('\n  ')}`);
  if (report.undecided.length > 0)
    parts.push(`cannot be decided:\n  ${report.undecided.map(({ place, message }) => `${place}: ${message}`).join('\n  ')}`);
  if (report.payload !== undefined) parts.push(`payload:\n${JSON.stringify(report.payload, null, 2)}`);
  if (report.payloadProblems.length > 0)
    parts.push(
      `the payload does not satisfy its schema:\n  ${report.payloadProblems.map(({ place, message }) => `${place || '/'}: ${message}`).join('\n  ')}`,
    );
  return parts.join('\n\n');
}

export default command;
