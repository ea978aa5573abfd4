/**
 * What the journeys leave unvisited, and what nobody can visit: the flow is explored as well. Something is called unreachable or constant only if
 * neither the journeys nor the exploration has seen it otherwise.
 */
import { compilePayload, type Flow, type Walk } from '#flow';
import { explore, type Exploration } from '../explore/index.ts';
import { Coverage, observe } from '../observe.ts';
import { payloadValidator } from '../schemas.ts';
import type { CodeEntry } from '../types.ts';
import type { CheckContext } from './context.ts';
import { checkJourneys } from './journeys.ts';

/** A working day that exists in every year; used when there is no journey that names one. */
const SOME_DAY = '2026-03-02';
/** So many walks are made even when everything was seen before: they look for what cannot be decided. */
const ENOUGH = 1000;

export function checkCoverage(context: CheckContext): void {
  const { flow, documents, journeys } = context;
  const watch = observe(flow);
  const shown = new Coverage();
  watch.into(shown);
  const walks = checkJourneys(context);
  for (const walk of walks) shown.walked(walk);
  const tried = new Coverage();
  const lists = new Map<string, readonly CodeEntry[]>(Object.entries(documents.lists));
  const today = walks.length > 0 ? journeys[0]!.document.today : SOME_DAY;
  const payloads = payloadCheck(context);
  const exploration = explore(
    { flow, service: documents.service, lists },
    { today, coverage: tried, watch, onEnd: payloads, untilSeen: ENOUGH, also: shown },
  );
  const lost = checkPages(context, shown, exploration, walks);
  checkSides(context, shown, tried, lost, exploration);
}

/** Every application that the explorer completes must satisfy the schema of the payload. */
function payloadCheck({ documents, flow, report }: CheckContext): (walk: Walk) => void {
  const { build } = compilePayload(flow, documents.payload.document);
  const problems = payloadValidator(documents.payload.schema);
  const reported = new Set<string>();
  let left = 300;
  return (walk) => {
    if (walk.outcome !== 'complete' || left-- <= 0 || reported.size >= 5) return;
    for (const { place, message } of problems(build(walk))) {
      const template = place.replaceAll(/\/\d+/g, '/*');
      if (reported.has(template)) continue;
      reported.add(template);
      const how = walk.steps
        .map((step) => step.path)
        .slice(-12)
        .join(' > ');
      report(
        'payload-invalid',
        'payload.json',
        place,
        `An application on the path … ${how} does not satisfy the schema: ${message}`,
        'Correct the template or the schema; "flow explore --json" shows the answers.',
      );
    }
  };
}

/** Pages nobody reaches. Gives those that cannot be reached at all. */
function checkPages({ flow, place, report }: CheckContext, shown: Coverage, exploration: Exploration, walks: readonly Walk[]): Set<string> {
  const lost = new Set<string>();
  const passed = new Set(
    walks.flatMap((walk) => walk.steps.filter((step) => step.state === 'done' || step.path !== walk.stop).map((step) => step.page.id)),
  );
  for (const page of flow.pages.values()) {
    // The page behind submitting is no part of a walk.
    if (page.kind === 'done' || shown.pages.has(page.id)) continue;
    const at = place(page.config);
    if (exploration.reached.has(page.id))
      report(
        'page-unvisited',
        'flow.json',
        at,
        `No journey visits the page "${page.id}".`,
        'Add a journey; "flow explore" shows ways to it.',
      );
    else {
      lost.add(at);
      report(
        'page-unreachable',
        'flow.json',
        at,
        `The page "${page.id}" is never reached${tries(exploration)}.`,
        'Correct its condition, or remove it.',
      );
    }
  }
  for (const id of exploration.stuck) {
    const page = flow.pages.get(id)!;
    if (passed.has(id) || page.kind === 'exit') continue;
    report(
      'page-stuck',
      'flow.json',
      place(page.config),
      `Nothing that was tried gets past the page "${id}"${tries(exploration)}.`,
      'Look at its rules and settings; a journey that passes it settles the matter.',
      'warning',
    );
  }
  return lost;
}

function tries(exploration: Exploration): string {
  return ` (neither by a journey nor in ${exploration.states} tries${exploration.cut ? ', where exploring was cut off' : ''})`;
}

function checkSides(
  { flow, report }: CheckContext,
  shown: Coverage,
  tried: Coverage,
  lost: ReadonlySet<string>,
  exploration: Exploration,
): void {
  const unseen = (entry: Flow['expressions'][number]) =>
    [...lost].some((at) => entry.place.startsWith(`${at}/`)) || flow.pages.get(entry.owner)?.kind === 'done';
  for (const entry of flow.expressions) {
    const [journeys, explored] = [shown.of(entry.expression), tried.of(entry.expression)];
    const { source } = entry.expression;
    if (journeys.undecided + explored.undecided > 0) {
      const reason = journeys.reason ?? explored.reason ?? '';
      const message = `"${source}" cannot be decided for some answers: ${reason}.`;
      report('undecidable', 'flow.json', entry.place, message, 'Guard what may be missing with answered(…) &&, or ask for it before.');
    }
    if (entry.kind === 'computed' || unseen(entry)) continue;
    for (const side of ['true', 'false'] as const) {
      if (journeys[side] > 0) continue;
      const other = side === 'true' ? 'false' : 'true';
      if (explored[side] > 0) {
        report(
          'side-unvisited',
          'flow.json',
          entry.place,
          `No journey sees "${source}" ${side}.`,
          'Add a journey; "flow explore" shows ways to it.',
          entry.kind === 'rule' ? 'warning' : 'error',
        );
      } else if (journeys[other] + explored[other] > 0) {
        report(
          'condition-constant',
          'flow.json',
          entry.place,
          `"${source}" is always ${other}${tries(exploration)}.`,
          'Correct it, remove it, or add a journey that shows the other side.',
        );
      }
    }
  }
}
