/**
 * A municipality's colours as a stylesheet, and whether people can read them. The stylesheet is served as a file of its own because the
 * content security policy allows no inline styles; it sets semantic tokens only, so components never know a municipality.
 */

/** Colours as `#rrggbb`. Only `action` is needed; the rest follows from it. */
export interface BrandColors {
  /** Links, buttons, current things. */
  readonly action: string;
  /** Visited links. */
  readonly visited?: string | undefined;
  /** Ground of the large bands (start page, footer). Default: `action`. */
  readonly header?: string | undefined;
  /** Text on `header`. Default: white. */
  readonly onHeader?: string | undefined;
  /** Lines and marks, never text. Default: `header`. */
  readonly accent?: string | undefined;
}

/** A pair of colours that people cannot tell apart well enough. `place` is the key in the municipality's colours. */
export interface ContrastFinding {
  readonly place: keyof BrandColors;
  /** What it stands on or beside, as `#rrggbb`. */
  readonly against: string;
  readonly ratio: number;
  /** 4.5 for text (WCAG 1.4.3), 3 for marks (WCAG 1.4.11). */
  readonly needed: number;
  readonly message: string;
  readonly remedy: string;
}

const hex = /^#[0-9a-f]{6}$/i;
const channels = (colour: string): [number, number, number] => {
  if (!hex.test(colour)) throw new TypeError(`not a colour: ${JSON.stringify(colour)}; write it as #rrggbb`);
  return [1, 3, 5].map((at) => Number.parseInt(colour.slice(at, at + 2), 16)) as [number, number, number];
};

/** Relative luminance of a colour, 0 to 1 (WCAG 2.2). */
function luminance(colour: string): number {
  const [red, green, blue] = channels(colour).map((channel) => {
    const share = channel / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  }) as [number, number, number];
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

/** Contrast ratio of two colours (`#rrggbb`), 1 to 21 (WCAG 2.2). */
export function contrast(one: string, other: string): number {
  const [light, dark] = [luminance(one), luminance(other)].sort((a, b) => b - a) as [number, number];
  return (light + 0.05) / (dark + 0.05);
}

/** `share` (0 to 1) of a colour mixed into white, as `color-mix(in srgb, …)` does it in `css/base.css`. */
const tint = (colour: string, share: number): string =>
  `#${channels(colour)
    .map((channel) =>
      Math.round(channel * share + 255 * (1 - share))
        .toString(16)
        .padStart(2, '0'),
    )
    .join('')}`;

const white = '#ffffff';

/** All colours, those not given filled in. Throws a TypeError for anything that is not `#rrggbb`. */
function complete(colors: BrandColors): Required<{ [name in keyof BrandColors]: string }> {
  const header = colors.header ?? colors.action;
  const all = {
    action: colors.action,
    visited: colors.visited ?? '#75009e',
    header,
    onHeader: colors.onHeader ?? white,
    accent: colors.accent ?? header,
  };
  for (const colour of Object.values(all)) channels(colour);
  return all;
}

/** The municipality's stylesheet. Throws a TypeError for anything that is not `#rrggbb`, so nothing else can get into the file. */
export function brandCss(colors: BrandColors): string {
  const all = complete(colors);
  return (
    ':root{' +
    `--kern-color-action-default:${all.action};--kern-color-action-visited:${all.visited};` +
    `--brand-header:${all.header};--brand-on-header:${all.onHeader};--brand-accent:${all.accent}}`
  );
}

/** What is wrong with the contrast of a municipality's colours; empty when everything can be read. Throws like `brandCss`. */
export function contrastFindings(colors: BrandColors): ContrastFinding[] {
  const all = complete(colors);
  const ground = tint(all.header, 0.07);
  const pairs: [keyof BrandColors, string, number][] = [
    ['action', white, 4.5],
    ['action', ground, 4.5],
    ['visited', white, 4.5],
    ['onHeader', all.header, 4.5],
    ['accent', white, 3],
  ];
  return pairs.flatMap(([place, against, needed]) => {
    const ratio = contrast(all[place], against);
    if (ratio >= needed) return [];
    const shown = Math.floor(ratio * 100) / 100;
    return [
      {
        place,
        against,
        ratio: shown,
        needed,
        message: `${place} ${all[place]} on ${against} has a contrast of ${shown}:1, needed are ${needed}:1`,
        remedy: place === 'onHeader' ? 'choose a darker header colour, or a lighter text on it' : 'choose a darker colour',
      },
    ];
  });
}
