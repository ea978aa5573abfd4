/** The protocols that are spoken. A new one is a folder beside these and a line here. */
import { httpJson } from './http-json/index.ts';
import type { Adapter } from './types.ts';

export const adapters: ReadonlyMap<string, Adapter> = new Map([['http-json', httpJson]]);
