/** The journeys of the shipped services, and what a person would type to make each of them. */
import { readdirSync, readFileSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { fieldTypes } from '../src/fields/all.node.ts';
import { flattenAnswers, joinPath, walk, type Answers, type Step, type Walk } from '../src/flow/index.ts';
import { readPackage, type JourneyDocument, type Package } from '../src/package/index.ts';
import { root } from './portal.ts';

export interface Journey {
  service: string;
  name: string;
  document: JourneyDocument;
  pkg: Package;
  answers: Answers;
  walk: Walk;
}

export function services(): string[] {
  return readdirSync(join(root, 'flows'), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name);
}

/** `flows`: the folder of the services. */
export function journeysOf(service: string, flows = join(root, 'flows')): Journey[] {
  const dir = join(flows, service);
  const { package: pkg, findings } = readPackage(dir, fieldTypes);
  if (!pkg) throw new Error(`${service}: ${JSON.stringify(findings.slice(0, 5))}`);
  if (!existsSync(join(dir, 'journeys'))) return [];
  return readdirSync(join(dir, 'journeys')).map((file) => {
    const document = JSON.parse(readFileSync(join(dir, 'journeys', file), 'utf8')) as JourneyDocument;
    const { answers } = flattenAnswers(pkg.flow, document.answers);
    const params = {
      ...Object.fromEntries(Object.entries(pkg.service.parameters ?? {}).map(([name, one]) => [name, one.default ?? null])),
      ...document.params,
    };
    const lists = new Map([...pkg.lists].map(([name, entries]) => [name, new Set(entries.map((entry) => entry.code))]));
    return {
      service,
      name: file.replace('.json', ''),
      document,
      pkg,
      answers,
      walk: walk(pkg.flow, answers, { today: document.today, params, lists, lenient: true }),
    };
  });
}

/** What is typed on a page, as the pairs of its form. Files are not typed. */
export function typed(step: Step, answers: Answers): [string, string][] {
  const pairs: [string, string][] = [];
  for (const field of step.fields) {
    if (field.type.silent) continue;
    const path = joinPath(step.prefix, field.id);
    const value = answers[path];
    if (value === undefined || value === null) continue;
    for (const [part, texts] of Object.entries(field.type.toRaw(value, field.config))) {
      if (field.type.file && part === 'files') continue;
      for (const text of texts) pairs.push([part ? `${path}.${part}` : path, text]);
    }
  }
  return pairs;
}
