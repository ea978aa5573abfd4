/** The controls of all types, found while building (Vite only). Types that are never shown (`hidden`, `computed`) have none. */
import type { Component } from 'svelte';
import type { FieldView } from './types.ts';

const modules = import.meta.glob<Component<{ field: FieldView }>>('./*/View.svelte', { eager: true, import: 'default' });

/** Type name -> component. Without prototype: type names come from flow files. */
export const views: Readonly<Record<string, Component<{ field: FieldView }>>> = Object.assign(
  Object.create(null),
  Object.fromEntries(Object.entries(modules).map(([path, view]) => [path.split('/')[1], view])),
);
