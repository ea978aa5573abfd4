/**
 * What the back office has received, in a folder of its own: a journal of one JSON line an event, and the files by their hash. What was acknowledged is
 * on the disk.
 */
import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, readFileSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';

export interface ReceivedFile {
  id: string;
  name: string;
  mime: string;
  size: number;
  sha256: string;
}

export interface ReceivedCase {
  /** Idempotency key, `<submission>:<destination>`. */
  key: string;
  /** How it came, when not as a signed envelope. */
  via?: 'FIT-Connect';
  submission: string;
  reference: string;
  service: string;
  municipality: string;
  submittedAt: string;
  receivedAt: string;
  /** Address of the schema that it reads the payload by, where it asked to be told. */
  payloadSchema?: string | undefined;
  payload: unknown;
  payloadSha256: string;
  provenance: unknown;
  /** How it came in and who sent it for whom; not in every version of the envelope. */
  handling?: unknown;
  attachments: ReceivedFile[];
  /** Empty: there is no way to tell more than that it arrived. */
  callback: string;
  /** How often it was sent; the first one counts. */
  sends: number;
  /** What the portal was told, and took. */
  news: { status: string; at: string; text?: string }[];
  /** What came to its questions, oldest first. */
  answers: ReceivedAnswer[];
}

/** An answer to what was asked. */
export interface ReceivedAnswer {
  /** Idempotency key, `<submission>:<destination>:<number>`. */
  key: string;
  /** Key of the case. */
  of: string;
  asked: string[];
  /** Who answered: `citizen`, or the name of the member of staff who did it for them. */
  by: string;
  channel: string;
  submittedAt: string;
  receivedAt: string;
  text: string;
  payloadSha256: string;
  attachments: ReceivedFile[];
  sends: number;
}

type Line =
  | { event: 'case'; case: ReceivedCase }
  | { event: 'sent-again'; key: string }
  | { event: 'answer'; answer: ReceivedAnswer }
  | { event: 'answer-again'; key: string }
  | { event: 'news'; key: string; news: ReceivedCase['news'][number] };

export class Inbox {
  readonly cases = new Map<string, ReceivedCase>();
  readonly #journal: number;
  readonly #files: string;

  constructor(dataDir: string) {
    this.#files = join(dataDir, 'files');
    mkdirSync(this.#files, { recursive: true });
    const path = join(dataDir, 'received.jsonl');
    if (existsSync(path)) for (const line of readFileSync(path, 'utf8').split('\n')) this.#replay(line);
    this.#journal = openSync(path, 'a');
  }

  /** Takes a case in, durable when it returns. */
  add(received: ReceivedCase, files: ReadonlyMap<string, Buffer>): void {
    this.#keep(received.attachments, files);
    this.#write({ event: 'case', case: received });
    fsyncSync(this.#journal);
    this.cases.set(received.key, received);
  }

  /** Takes an answer in, durable when it returns; the same again is counted. Its case is there. */
  answer(received: ReceivedAnswer, files: ReadonlyMap<string, Buffer>): void {
    if (this.#answerOf(received.key)) {
      this.#write({ event: 'answer-again', key: received.key });
      this.#answerOf(received.key)!.sends += 1;
      return;
    }
    this.#keep(received.attachments, files);
    this.#write({ event: 'answer', answer: received });
    fsyncSync(this.#journal);
    this.cases.get(received.of)!.answers.push(received);
  }

  #answerOf(key: string): ReceivedAnswer | undefined {
    return this.cases.get(key.split(':').slice(0, 2).join(':'))?.answers.find((one) => one.key === key);
  }

  #keep(attachments: readonly ReceivedFile[], files: ReadonlyMap<string, Buffer>): void {
    for (const { id, sha256 } of attachments) writeFileSync(join(this.#files, sha256), files.get(id)!, { flush: true });
  }

  sentAgain(key: string): void {
    this.#write({ event: 'sent-again', key });
    this.cases.get(key)!.sends += 1;
  }

  told(key: string, news: ReceivedCase['news'][number]): void {
    this.#write({ event: 'news', key, news });
    this.cases.get(key)!.news.push(news);
  }

  file(one: ReceivedFile): Buffer {
    return readFileSync(join(this.#files, one.sha256));
  }

  close(): void {
    closeSync(this.#journal);
  }

  #write(line: Line): void {
    writeSync(this.#journal, `${JSON.stringify(line)}\n`);
  }

  #replay(text: string): void {
    let line: Line;
    try {
      line = JSON.parse(text) as Line;
    } catch {
      // The last line may be cut short by a crash: it was never acknowledged.
      return;
    }
    if (line.event === 'case') this.cases.set(line.case.key, { ...line.case, answers: [] });
    else if (line.event === 'news') this.cases.get(line.key)?.news.push(line.news);
    else if (line.event === 'answer') this.cases.get(line.answer.of)?.answers.push(line.answer);
    else {
      const known = line.event === 'sent-again' ? this.cases.get(line.key) : this.#answerOf(line.key);
      if (known) known.sends += 1;
    }
  }
}
