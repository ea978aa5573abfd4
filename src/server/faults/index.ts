/**
 * Fault points: named places at which tests kill the portal, to see that nothing is lost there. A point does nothing unless `SCHALTER_FAULT_FILE`
 * names a file and that file holds the point's name; then the process ends as if the machine had lost its power: nothing is closed, nothing is told.
 * `SCHALTER_FAULTS_ALLOWED=yes` has to be set beside it, so that one stray variable cannot make a portal mortal.
 */
import { readFileSync } from 'node:fs';

/** On the way of a submission, in the order in which it passes them. */
export const FAULT_POINTS = [
  // handing in
  'submit-posted',
  'submit-frozen',
  'submit-committed',
  'submit-ordered',
  // delivery
  'delivery-claimed',
  'delivery-opened',
  'delivery-signed',
  'delivery-sent',
  'delivery-answered',
  'delivery-judged',
  'delivery-noted',
  // news from the back office
  'status-verified',
  'status-recorded',
] as const;

/** On the way of an answer to a question, before it is delivered like an application. */
export const ANSWER_POINTS = ['answer-posted', 'answer-frozen', 'answer-committed', 'answer-ordered'] as const;

export type FaultPoint = (typeof FAULT_POINTS)[number] | (typeof ANSWER_POINTS)[number];

const file = process.env.SCHALTER_FAULTS_ALLOWED === 'yes' ? process.env.SCHALTER_FAULT_FILE : undefined;

/** Kills this process when the fault file names this point. */
export function faultPoint(name: FaultPoint): void {
  if (file !== undefined && chosen(file) === name) process.kill(process.pid, 'SIGKILL');
}

function chosen(path: string): string {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    return '';
  }
}

/**
 * Whether fault points are armed, for a loud word at start.
 * @throws when a fault file is named without the permission
 */
export function faultsArmed(env: NodeJS.ProcessEnv): boolean {
  if (env.SCHALTER_FAULT_FILE === undefined) return false;
  if (env.SCHALTER_FAULTS_ALLOWED !== 'yes')
    throw new Error(
      'SCHALTER_FAULT_FILE makes the portal kill itself and is for tests only. Remove it, or set SCHALTER_FAULTS_ALLOWED=yes.',
    );
  return true;
}
