/** How far a submission has come: what the adapter keeps between attempts. No personal data, and nothing that could be decrypted. */
import { randomUUID } from 'node:crypto';

export interface Progress {
  /** Announcements that were begun for this submission: more than one means that the answer to an earlier one was lost. */
  readonly announcements: number;
  /** Milliseconds, by the clock of the portal that announced it. */
  readonly announcedAt?: number;
  /** The service's id of the submission, and of its case. */
  readonly remote?: string;
  readonly case?: string;
  /** Ids that we gave our files, by their place in the envelope. */
  readonly attachments: readonly string[];
  readonly uploaded: readonly string[];
  /** The tags of every ciphertext that may have arrived: noted before it is sent. */
  readonly tags: {
    readonly metadata: readonly string[];
    readonly data: readonly string[];
    readonly attachments: Readonly<Record<string, readonly string[]>>;
  };
  /** Events that are kept as proof. */
  readonly archived: readonly string[];
  /** How often it was asked about since it was sent. */
  readonly asked: number;
}

export type Announcement = Progress & { readonly remote: string; readonly case: string };

export const fresh = (files: number, announcements = 0): Progress => ({
  announcements,
  attachments: Array.from({ length: files }, () => randomUUID()),
  uploaded: [],
  tags: { metadata: [], data: [], attachments: {} },
  archived: [],
  asked: 0,
});

/** Only this adapter writes what it reads here (the worker forgets what another one left). */
export const progressOf = (checkpoint: unknown, files: number): Progress => (checkpoint as Progress | undefined) ?? fresh(files);

export const isAnnounced = (progress: Progress): progress is Announcement => progress.remote !== undefined && progress.case !== undefined;

/** The service removes a submission that is not complete after a day. Four hours are left for clocks that differ and for the files on their way. */
const YOUNG = 20 * 3_600_000;

/** Whether what was announced can still be completed. A clock that was set back makes it younger; then the service says that it is gone. */
export const isYoung = ({ announcedAt = 0 }: Progress, now: number): boolean => now - announcedAt < YOUNG;

/** Seconds until the receiver is asked again. */
const PAUSES = [15, 30, 60, 120, 300, 600];
const FIRST_DAY = 100;

export const pauseAfter = (asked: number): number => PAUSES[asked] ?? (asked < FIRST_DAY ? 900 : 3_600);
