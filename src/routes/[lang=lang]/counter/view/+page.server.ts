import { screenPage } from '#server/web';

export const load = ({ locals }) => screenPage(locals.request);
