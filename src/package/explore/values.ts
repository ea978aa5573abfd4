/** Answers and parameters worth trying at a place of a flow. */
import { joinPath, type Field, type Flow, type Json, type Step, type Walk } from '#flow';
import { parameterValues } from '../read.ts';
import type { ServiceDocument } from '../types.ts';
import { candidates } from './candidates.ts';
import { nearest } from './key.ts';
import type { Reads } from './reads.ts';

/** A flow with what is known of it before the first walk. */
export interface Subject {
  readonly flow: Flow;
  readonly service: ServiceDocument;
  readonly lists: ReadonlyMap<string, ReadonlySet<string>>;
  readonly reads: Reads;
  /** ISO date that counts as today. */
  readonly today: string;
  /** See `Surroundings.all`. */
  readonly all?: boolean;
}

/** Valid values for a field of the step that a walk stopped at, in order of interest. */
export function valuesFor(
  { lists, reads, today, all }: Subject,
  field: Field,
  step: Step,
  walked: Walk,
  params: Readonly<Record<string, Json>>,
): Json[] {
  const literals = reads.literals.get(field.path);
  const beside: Json[] = [];
  for (const path of literals?.beside ?? []) {
    const value = path.startsWith('param.') ? params[path.slice('param.'.length)] : nearest(walked.counted, path, step.prefix);
    if (value !== undefined && value !== null) beside.push(value);
  }
  return candidates(field, {
    today,
    options: typeof field.config.list === 'string' ? lists.get(field.config.list) : undefined,
    literals,
    decisive: reads.decisive.has(field.path),
    optional: step.optional.has(joinPath(step.prefix, field.id)),
    beside,
    all,
    repeated: /\.(?!1(?:\.|$))\d+(?:\.|$)/.test(step.prefix),
  });
}

/** The defaults, and for every parameter that decides something a municipality that sets it otherwise. */
export function parameterSets({ service, reads }: Pick<Subject, 'service' | 'reads'>): Record<string, Json>[] {
  const defaults = parameterValues(service, sampleParameters(service));
  const sets = [defaults];
  for (const [name, { type }] of Object.entries(service.parameters ?? {})) {
    if (!reads.decisive.has(`param.${name}`)) continue;
    const named = [...(reads.literals.get(`param.${name}`)?.strings ?? [])];
    if (type === 'text' && named.length > 0) sets.push(...named.map((text) => ({ ...defaults, [name]: text })));
    else sets.push({ ...defaults, [name]: type === 'yesno' ? !defaults[name] : type === 'text' ? (defaults[name] === '' ? 'x' : '') : 0 });
  }
  return sets;
}

/** A value for every parameter without a default, so that fees can be computed. */
function sampleParameters(service: ServiceDocument): Record<string, Json> {
  const samples = { money: 10, number: 1, text: 'x', yesno: true } as const;
  return Object.fromEntries(
    Object.entries(service.parameters ?? {}).map(([name, { type, default: value }]) => [name, value ?? samples[type]]),
  );
}
