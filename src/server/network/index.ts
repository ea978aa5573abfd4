/** Where connections to the outside may lead. Addresses are checked inside a connection's own look-up, so that nothing can change between check and use. */
import { lookup as systemLookup, type LookupAddress, type LookupAllOptions } from 'node:dns';
import { isIP } from 'node:net';
import { mayCall } from './addresses.ts';

export { mayCall };

export type Lookup = (
  host: string,
  options: LookupAllOptions,
  done: (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void,
) => void;

export interface NetworkPolicy {
  readonly allowPrivate?: boolean | undefined;
  /** For tests: instead of the system's resolver. */
  readonly lookup?: Lookup | undefined;
}

/** No address of the host may be called: nothing was sent, and nothing will be until the settings change. */
export class AddressRefused extends Error {
  override readonly name = 'AddressRefused';
  readonly code = 'address-refused';
}

/** Literal addresses are not looked up: this checks them. `host`: as in a URL, with or without brackets. @throws AddressRefused */
export function checkLiteral(host: string, { allowPrivate }: NetworkPolicy): void {
  const literal = host.replace(/^\[|\]$/g, '');
  if (isIP(literal) && !mayCall(literal, allowPrivate)) throw new AddressRefused();
}

/** The system's look-up, for a connection's `lookup`, with addresses left out that may not be called; none left: AddressRefused. */
export function checkedLookup({ allowPrivate, lookup = systemLookup }: NetworkPolicy) {
  type Done = (error: Error | null, address: string | LookupAddress[], family?: number) => void;
  return (host: string, options: object, done: Done) => {
    lookup(host, { ...options, all: true }, (error, addresses) => {
      if (error) return done(error, []);
      const usable = addresses.filter(({ address }) => mayCall(address, allowPrivate));
      if (usable.length === 0) return done(new AddressRefused(), []);
      if ((options as LookupAllOptions).all) return done(null, usable);
      return done(null, usable[0]!.address, usable[0]!.family);
    });
  };
}
