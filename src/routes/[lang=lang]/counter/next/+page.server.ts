import { nextPerson, toCounter } from '#server/web';

export const load = ({ locals }) => toCounter(locals.request);

export const actions = { default: (event) => nextPerson(event) };
