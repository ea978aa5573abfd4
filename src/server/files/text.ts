/** Text from a form, made safe to store and show: PostgreSQL refuses U+0000, terminals and logs obey control characters, bidi overrides fake file extensions. */

const longestName = 150;

/** NFC, without control characters other than tab and line ends. */
export function formText(text: string): string {
  return text
    .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]/g, '')
    .toWellFormed()
    .normalize('NFC');
}

/** A file name without folders and tricks, with one of the extensions of what the file really is. */
export function fileName(given: string, extensions: readonly string[]): string {
  const base = formText(given)
    .replace(/^.*[/\\]/s, '')
    .replace(/[\t\r\n\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff"<>|:*?]/g, '')
    .replace(/^\.+/, '')
    .trim();
  const dot = base.lastIndexOf('.');
  const stem = (dot > 0 ? base.slice(0, dot) : base) || 'Datei';
  const extension = dot > 0 ? base.slice(dot + 1).toLowerCase() : '';
  const short = Array.from(stem).slice(0, longestName).join('');
  return extensions.includes(extension) ? `${short}.${extension}` : `${short}.${extensions[0] ?? 'bin'}`;
}
