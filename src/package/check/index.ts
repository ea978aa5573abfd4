/** The publish check: everything that can be known about a package before the first citizen uses it. Each group of checks is a file of its own. */
import type { FieldTypes } from '#fields';
import { loadPackage, OPEN_POINT } from '../read.ts';
import type { Finding } from '../types.ts';
import { checkContext } from './context.ts';
import { checkCoverage } from './coverage.ts';
import { checkPatterns } from './patterns.ts';
import { checkStructure } from './structure.ts';
import { checkTexts } from './texts.ts';

/** Checks the folder of a service. Findings of severity `error` keep it from going live; `info` is no finding that anything hangs on. */
export function checkPackage(dir: string, types: FieldTypes): Finding[] {
  const loaded = loadPackage(dir, types);
  const { documents, flow, findings } = loaded;
  if (documents && flow) {
    // Walking a flow that is known to be broken would only repeat its findings in other words; a draft with open points is not broken.
    const broken = findings.some(({ severity, rule }) => severity === 'error' && rule !== OPEN_POINT);
    const context = checkContext({ ...loaded, documents, flow }, types);
    checkStructure(context);
    checkPatterns(context);
    checkTexts(context);
    if (!broken) checkCoverage(context);
  }
  const order = { error: 0, warning: 1, info: 2 };
  return findings.sort((a, b) => order[a.severity] - order[b.severity] || compare(a.file, b.file) || compare(a.place, b.place));
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
