/** What was read from a receiver and is good for a while, in memory, by destination. */

const memories = new WeakMap<object, Map<string, { until: number; value: Promise<unknown> }>>();

/** What `read` gives, at most `milliseconds` old. A failure is not kept. */
export function kept<T>(owner: object, name: string, milliseconds: number, read: () => Promise<T>): Promise<T> {
  const memory = memories.get(owner) ?? new Map<string, { until: number; value: Promise<unknown> }>();
  memories.set(owner, memory);
  const known = memory.get(name);
  if (known && known.until > performance.now()) return known.value as Promise<T>;
  const value = read();
  const entry = { until: performance.now() + milliseconds, value };
  memory.set(name, entry);
  value.catch(() => memory.get(name) === entry && memory.delete(name));
  return value;
}

export function forget(owner: object, name: string): void {
  memories.get(owner)?.delete(name);
}
