/** What the counter's frame and pages show. Plain data, one language, one clerk. */
import type { LanguageLink, Link, SummaryError, Translate } from '../types.ts';

export interface CounterFrame {
  readonly t: Translate;
  /** Complete document title without the mark for errors. */
  readonly title: string;
  readonly faulty?: boolean | undefined;
  readonly municipality: { readonly name: string; readonly stylesheet: string };
  /** The counter's start. */
  readonly home: string;
  readonly languages: readonly LanguageLink[];
  readonly statutory: readonly Link[];
  /** Staff are invented: every page says so. */
  readonly demo: boolean;
  /** Who works here; nobody before the login. */
  readonly clerk?: ClerkView | undefined;
}

export interface ClerkView {
  readonly name: string;
  /** "Bürgerbüro Rathaus, Platz 2". */
  readonly station?: string | undefined;
  readonly stationHref: string;
  /** Addresses that take a POST. `next` only for who is at work here. */
  readonly next?: string | undefined;
  readonly logout: string;
}

export interface CounterStartView {
  readonly rows: readonly { readonly label: string; readonly value: string }[];
}

export interface StationView {
  readonly action: string;
  /** Where to go on. */
  readonly to: string;
  readonly errors: readonly SummaryError[];
  readonly sites: readonly {
    readonly id: string;
    readonly name: string;
    readonly desks: readonly { readonly id: string; readonly value: string; readonly name: string; readonly chosen: boolean }[];
  }[];
}

/** A page that goes on by itself, because a redirect would not do. */
export interface OnwardView {
  readonly title: string;
  readonly text: string;
  readonly to: Link;
}

/** Logged out, by oneself. */
export interface LeftView {
  readonly login: string;
}
