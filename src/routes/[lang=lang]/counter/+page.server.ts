import { counterStart } from '#server/web';

export const load = ({ locals }) => counterStart(locals.request);
