/** Security Event Tokens, as the delivery service and the office sign them. */
import { randomUUID } from 'node:crypto';
import { CompactSign } from 'jose';
import { privateKey, type KeyPair } from './keys.ts';
import type { Problem } from './office.ts';
import type { Submission } from './record.ts';

export interface EventBody {
  readonly authenticationTags?: {
    readonly metadata: string;
    readonly data: string;
    readonly attachments: Readonly<Record<string, string>>;
  };
  readonly problems?: readonly Problem[];
}

export const tagOf = (jwe: string): string => jwe.slice(jwe.lastIndexOf('.') + 1);

/** `issuer`: an address for the delivery service, the destination's id for the office. */
export async function event(keys: KeyPair, issuer: string, kind: string, about: Submission, body: EventBody = {}): Promise<string> {
  const claims = {
    $schema: 'https://schema.fitko.de/fit-connect/set-payload/1.2.2/set-payload.schema.json',
    jti: randomUUID(),
    iss: issuer,
    iat: Math.floor(Date.now() / 1_000),
    sub: `submission:${about.submissionId}`,
    txn: `case:${about.caseId}`,
    events: { [`https://schema.fitko.de/fit-connect/events/${kind}`]: body },
  };
  return new CompactSign(Buffer.from(JSON.stringify(claims)))
    .setProtectedHeader({ typ: 'secevent+jwt', alg: 'PS512', kid: keys.kid })
    .sign(await privateKey(keys));
}
