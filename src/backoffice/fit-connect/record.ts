/** Submissions as the delivery service keeps them: a journal of whole records, the last one of each counts, and a file for each attachment. */
import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface Submission {
  readonly submissionId: string;
  readonly caseId: string;
  readonly announced: readonly string[];
  readonly service: { readonly identifier: string; readonly name: string };
  uploaded: string[];
  metadata?: string;
  data?: string;
  /** Signed events, oldest first. */
  events: string[];
  /** How often its last step was sent. */
  sends: number;
  outcome?: 'accepted' | 'rejected';
}

export class Records {
  readonly all = new Map<string, Submission>();
  readonly #folder: string;

  constructor(dataDir: string) {
    this.#folder = join(dataDir, 'fit-connect');
    mkdirSync(this.#folder, { recursive: true });
    const path = join(this.#folder, 'submissions.jsonl');
    if (!existsSync(path)) return;
    for (const line of readFileSync(path, 'utf8').split('\n').filter(Boolean)) {
      try {
        const one = JSON.parse(line) as Submission;
        this.all.set(one.submissionId, one);
      } catch {
        // cut short by a crash: it was never acknowledged
      }
    }
  }

  keep(one: Submission): void {
    this.all.set(one.submissionId, one);
    appendFileSync(join(this.#folder, 'submissions.jsonl'), `${JSON.stringify(one)}\n`, { flush: true });
  }

  keepAttachment(submission: string, id: string, jwe: string): void {
    writeFileSync(join(this.#folder, `${submission}-${id}.jwe`), jwe, { flush: true });
  }

  attachment(submission: string, id: string): string {
    return readFileSync(join(this.#folder, `${submission}-${id}.jwe`), 'utf8');
  }

  byCase(caseId: string): Submission | undefined {
    return [...this.all.values()].find((one) => one.caseId === caseId);
  }
}
