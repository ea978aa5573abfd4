import { counterFailure } from '#server/web';

export const load = ({ locals }) => ({ failure: counterFailure(locals) });
